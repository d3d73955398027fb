// Runs a guest to its end, answering what leaves its vCPU.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "msr/host/kvm_guest.hpp"
#include "tools/msr/guest/devices.hpp"
#include "tools/msr/guest/registers.hpp"
#include "tools/msr/guest/tally.hpp"

namespace tool {

enum class guest_end : std::uint8_t {
    halted,         // HLT: no interrupt can wake it
    exit_port,      // by the exit port, with a value
    shutdown_port,  // by Bochs's shutdown port
    triple_fault,
    time_is_up,
    exits_are_up,
    needs_device,  // it wants more of a machine
    failed,        // KVM could not go on
};

[[nodiscard]] std::string_view to_word(guest_end one);

struct run_limits {
    std::chrono::milliseconds time{0};
    std::uint64_t exits = 0;  // 0: any number
};

struct run_result {
    guest_end end = guest_end::failed;
    std::string detail;                       // which device, why KVM failed
    std::optional<std::uint32_t> exit_value;  // of the exit port
    std::uint64_t instruction_pointer = 0;
    double seconds = 0;
    std::uint64_t exits = 0;       // to user space, of all kinds
    std::uint64_t unfiltered = 0;  // for registers that the filter lets pass: KVM does not know them or refuses
};

class guest_run {
  public:
    /// Called for each access to a register, with the instruction's address.
    using observer = std::function<void(const observed_access&, std::uint64_t instruction_pointer)>;

    guest_run(msr::host::kvm_guest& vcpu, guest_registers& registers, guest_devices& devices, observer trace)
        : vcpu_{vcpu}, registers_{registers}, devices_{devices}, trace_{std::move(trace)} {}

    [[nodiscard]] run_result run(const run_limits& limits);
    [[nodiscard]] const access_tally& tally() const { return tally_; }

  private:
    struct ending {
        guest_end end;
        std::string detail;
    };
    [[nodiscard]] ending run_on(const run_limits& limits);
    [[nodiscard]] std::optional<ending> answer(kvm_run& state);
    void answer_read(kvm_run& state);
    void answer_write(kvm_run& state);
    access_counts& note(const observed_access& one);
    [[nodiscard]] std::uint64_t instruction_pointer() const;

    msr::host::kvm_guest& vcpu_;
    guest_registers& registers_;
    guest_devices& devices_;
    observer trace_;
    access_tally tally_;
    std::uint64_t exits_ = 0;
    std::uint64_t unfiltered_ = 0;
};

}  // namespace tool
