// User-space MSR exits a second: `msr guest run`'s loop, with the guest engine and the tally, against a bare loop that
// answers a constant. Both run the same guest on the same virtual CPU, in turns: a RDMSR, again and again.
//
// Prints exits a second by the engine, by the constant, and the first in parts of the second; then the same for a
// register that the virtual CPU holds, which takes the engine another call of KVM.
#include <cstdio>
#include <vector>

#include "bench/measure.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/host/kvm_machine.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "tools/msr/guest/boot.hpp"
#include "tools/msr/guest/run.hpp"

namespace {

using namespace msr;

constexpr std::uint64_t exits_a_round = 5'000;
constexpr int rounds = 41;
constexpr std::uint64_t memory = 1 << 20;
constexpr std::uint64_t code_at = 0x1000;

// mov %ebx, %ecx; 1: rdmsr; jmp 1b
constexpr std::uint8_t guest_code[]{0x89, 0xD9, 0x0F, 0x32, 0xEB, 0xFC};

void fail(const host::error& why) {
    std::fprintf(stderr, "bench_guest_exits: %s\n", why.line().c_str());
    std::exit(3);
}

template <class T>
T need(host::outcome<T> made) {
    if (!made) fail(made.error());
    return std::move(*made);
}

class rivals {
  public:
    explicit rivals(std::uint32_t index)
        : kvm_{need(host::kvm_machine::open())},
          leaves_{kvm_.cpuid(0).begin(), kvm_.cpuid(0).end()},
          vcpu_{need(host::kvm_guest::create({.memory = memory, .cpuid = leaves_}))},
          registers_{profile::profile{catalogue::built_in(), leaves_, {}}, vcpu_, kvm_.listed_registers()} {
        const auto asked = vcpu_.leave_registers_to_user_space(host::deny_all_registers());
        if (!asked) fail(asked.error());
        std::ranges::copy(std::as_bytes(std::span{guest_code}), vcpu_.memory().subspan(code_at).begin());
        const auto entered = vcpu_.enter({.entry = code_at, .ebx = index});
        if (!entered) fail(entered.error());
    }

    double by_engine() {
        tool::guest_devices devices{stdout};
        tool::guest_run run{vcpu_, registers_, devices, {}};
        tool::run_result result;
        const auto time = bench::microseconds([&] { result = run.run({std::chrono::seconds{60}, exits_a_round}); });
        if (result.end != tool::guest_end::exits_are_up || run.tally().accesses() != exits_a_round)
            fail({.what = "the guest did not run on", .why = result.detail});
        return time;
    }

    double by_constant() {
        bool good = true;
        const auto time = bench::microseconds([&] { good = answer_constant(); });
        if (!good) fail({.what = "the guest left otherwise"});
        return time;
    }

  private:
    bool answer_constant() {
        auto& state = vcpu_.state();
        for (std::uint64_t exits = 0; exits < exits_a_round;) {
            const auto left = vcpu_.run();
            if (left == host::kvm_guest::left::interrupted) continue;
            if (left != host::kvm_guest::left::for_user_space || state.exit_reason != KVM_EXIT_X86_RDMSR) return false;
            state.msr.error = 0;
            state.msr.data = 0;
            ++exits;
        }
        return true;
    }

    host::kvm_machine kvm_;
    std::vector<profile::cpuid_leaf> leaves_;
    host::kvm_guest vcpu_;
    tool::guest_registers registers_;
};

void compare(std::uint32_t index) {
    rivals both{index};
    std::vector<double> engine, constant, ratios;
    for (int round = 0; round < rounds; ++round) {
        // Whoever goes first alternates, so that a change of the machine's pace falls on both.
        const bool engine_first = round % 2 == 0;
        const auto first = engine_first ? both.by_engine() : both.by_constant();
        const auto second = engine_first ? both.by_constant() : both.by_engine();
        engine.push_back(engine_first ? first : second);
        constant.push_back(engine_first ? second : first);
        ratios.push_back(constant.back() / engine.back());
    }
    const auto rate = [](double time) { return static_cast<double>(exits_a_round) * 1e6 / time; };
    std::printf("%.0f %.0f %.3f\n", rate(bench::median(engine)), rate(bench::median(constant)), bench::median(ratios));
}

}  // namespace

int main() {
    compare(ia32_mtrr_def_type::address);
    compare(ia32_lstar::address);
}
