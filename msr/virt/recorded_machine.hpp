// For tests: one CPU of a recorded machine, as VMX and SVM discovery ask it.
#pragma once

#include <stdexcept>
#include <string>

#include "msr/host/machine.hpp"
#include "msr/host/snapshot_machine.hpp"
#include "msr/profile/cpuid.hpp"

namespace msr::virt {

// tools/msr/report/testdata/README.md says where they come from.
inline constexpr auto haswell = "tools/msr/report/testdata/bochs-haswell.json";
inline constexpr auto tiger_lake = "tools/msr/recorded_machine.json";
inline constexpr auto epyc = "tools/msr/report/testdata/qemu-epyc.json";

class recorded_machine {
  public:
    explicit recorded_machine(const std::string& path) : machine_{open(path)}, bus{machine_, 0} {}
    recorded_machine(const recorded_machine&) = delete;
    recorded_machine& operator=(const recorded_machine&) = delete;
    recorded_machine(recorded_machine&&) = delete;
    recorded_machine& operator=(recorded_machine&&) = delete;
    ~recorded_machine() = default;

    /// CPUID.
    catalogue::cpuid_answer operator()(std::uint32_t leaf, std::uint32_t subleaf) {
        return catalogue::find(machine_.cpuid(0), leaf, subleaf);
    }

  private:
    static host::snapshot_machine open(const std::string& path) {
        auto opened = host::snapshot_machine::open(path);
        if (!opened) throw std::runtime_error{opened.error().line()};
        return std::move(*opened);
    }

    host::snapshot_machine machine_;

  public:
    host::cpu_bus bus;
};

}  // namespace msr::virt
