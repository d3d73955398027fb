// For tests: one CPU of a recorded machine, as VMX and SVM discovery ask it.
#pragma once

#include <stdexcept>
#include <string>

#include "msr/host/machine.hpp"
#include "msr/host/recorded_machines.hpp"
#include "msr/host/snapshot_machine.hpp"
#include "msr/profile/cpuid.hpp"

namespace msr::virt {

using host::epyc;
using host::haswell;
using host::tiger_lake;

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
