// The copy of RSP0 never says more than the register holds, whoever is interrupted where: the checker of sequences
// looks at the steps that the code itself makes, store by store and write by write, as they are recorded here.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/reader.hpp"
#include "msr/context/switch_plan/user_return.hpp"
#include "msr/registers/ia32_fred_rsp0.hpp"

namespace msr::context {
namespace {

// The stack of the task that runs in the sequences, another task's, and two that a guest uses.
constexpr std::uint64_t own_stack = 0xffffc90000008000;
constexpr std::uint64_t other_stack = 0xffffc90000018000;
constexpr std::uint64_t guest_stack = 0xffffc900000f0000;
constexpr std::uint64_t guest_changes_to = 0xffffc900000f8000;

// Called after each store of the code's.
std::function<void()> after_store = [] {};

// 64 bits of the per-CPU memory.
class recorded_word {
  public:
    recorded_word() = default;
    recorded_word& operator=(std::uint64_t value) {
        value_ = value;
        after_store();
        return *this;
    }
    operator std::uint64_t() const { return value_; }

  private:
    std::uint64_t value_ = 0;
};

// The steps of one run, in the language of sequences. The copy is what the code itself answers when it is asked in
// between, as an event's handler may: 0 where it says nothing.
class recording {
  public:
    recording() {
        after_store = [this] { record_copy(); };
    }
    recording(const recording&) = delete;
    recording& operator=(const recording&) = delete;
    recording(recording&&) = delete;
    recording& operator=(recording&&) = delete;
    ~recording() {
        after_store = [] {};
    }

    result<std::uint64_t> read(std::uint32_t) {
        steps.emplace_back("rdmsr rax, IA32_FRED_RSP0");
        return rsp0;
    }
    result<void> write(std::uint32_t, std::uint64_t value) {
        rsp0 = value;
        steps.push_back(fmt::format("wrmsrns IA32_FRED_RSP0, {:#x}", value));
        return {};
    }

    std::uint32_t address[1]{ia32_fred_rsp0::address};
    std::uint64_t rsp0 = other_stack;
    std::vector<std::string> steps;
    user_return_registers<1, no_arming, recorded_word> registers{address};

  private:
    void record_copy() {
        const auto says = registers.known(0).value_or(0);
        // A store that changes the answer nowhere is an instruction all the same.
        steps.push_back(says == copy_ ? "nop" : fmt::format("mov copy, {:#x}", says));
        copy_ = says;
    }

    std::uint64_t copy_ = 0;
};

std::string sequence_of(const std::vector<std::string>& steps) {
    std::string text = R"(title  What was recorded
source the code itself
expect safe
modes  fred
cpu    fsgsbase fred wrmsrns
task A gs=0x0 gs_base=0x7f0000001000 fs=0x0 fs_base=0x7f0000002000 rsp0=0xffffc90000008000
guest gs_base=0x6f0000006000 kernel_gs_base=0xffff8000f0007000
variable guest_gs = 0x6f0000006000
variable host_gs = kernel_base
variable guest_kernel_gs = 0xffff8000f0007000
variable host_kernel_gs = 0
percpu_variable copy = 0
vmcs guest_gs=guest_gs host_gs=host_gs
events irq nmi mc db
rsp0_copy copy
start  run kernel A
run:
)";
    text += fmt::format("    wrmsrns IA32_FRED_RSP0, {:#x}\n", other_stack);
    for (const auto& step : steps)
        text += "    " + step + '\n';
    return text + "    jmp leave\n";
}

void look_at(const std::vector<std::string>& steps, violation expected) {
    auto sequence = read("recorded", sequence_of(steps), delivery::fred);
    ASSERT_TRUE(sequence) << sequence.error().line << ": " << sequence.error().message << '\n' << sequence_of(steps);
    const auto result = check(*sequence, sequence->needs, delivery::fred);
    EXPECT_NE(result.is, verdict::limit_reached);
    EXPECT_EQ(std::string_view{to_string(result.wrong)}, std::string_view{to_string(expected)})
        << sequence_of(steps) << trace_text(*sequence, result);
}

// A CPU comes up, and the task is switched to.
std::vector<std::string> task_switch() {
    recording run;
    run.registers.probe(run);
    run.registers.set_for_user(0, own_stack);
    EXPECT_TRUE(run.registers.return_to_user(run));
    return run.steps;
}

// The task's kernel enters a guest twice: the second time it finds the guest's value still there.
std::vector<std::string> guest() {
    recording run;
    run.registers.probe(run);
    run.registers.set_for_user(0, own_stack);
    EXPECT_TRUE(run.registers.return_to_user(run));
    EXPECT_TRUE(run.registers.set(run, 0, guest_stack));
    EXPECT_TRUE(run.registers.set(run, 0, guest_stack));
    EXPECT_TRUE(run.registers.return_to_user(run));
    return run.steps;
}

// The guest may write the register itself, and does.
std::vector<std::string> guest_that_writes() {
    recording run;
    const auto say = [&](const std::vector<std::string>& lines) {
        run.steps.insert(run.steps.end(), lines.begin(), lines.end());
    };
    run.registers.probe(run);
    run.registers.set_for_user(0, own_stack);
    EXPECT_TRUE(run.registers.return_to_user(run));
    EXPECT_TRUE(run.registers.set(run, 0, guest_stack));
    run.registers.give_away(0);
    say({"cli", "rdmsr host_kernel_gs, IA32_KERNEL_GS_BASE", "wrmsr IA32_KERNEL_GS_BASE, guest_kernel_gs",
         "vmenter in_guest", "in_guest:"});
    // Of all that it can write, what would be taken for the task's.
    EXPECT_TRUE(run.write(ia32_fred_rsp0::address, guest_changes_to));
    say({"vmexit exit", "exit:", "rdmsr guest_kernel_gs, IA32_KERNEL_GS_BASE",
         "wrmsr IA32_KERNEL_GS_BASE, host_kernel_gs"});
    EXPECT_TRUE(run.registers.take_back(run, 0));
    say({"sti", "percpu"});
    EXPECT_TRUE(run.registers.return_to_user(run));
    return run.steps;
}

bool writes_register(const std::string& step) {
    return step.starts_with("wrmsrns");
}

auto last_write(std::vector<std::string>& steps) {
    return std::ranges::find_if(steps.rbegin(), steps.rend(), writes_register).base() - 1;
}

bool says_stack(const std::string& step) {
    return step.starts_with("mov copy, 0xf");
}

TEST(user_return_proof, a_switch_of_tasks) {
    const auto steps = task_switch();
    EXPECT_EQ(std::ranges::count_if(steps, writes_register), 2);  // probed, and the task's
    look_at(steps, violation::none);
}

TEST(user_return_proof, a_guest_enters_and_leaves) {
    const auto steps = guest();
    EXPECT_EQ(std::ranges::count_if(steps, writes_register), 4);  // and the guest's once, and the task's again
    look_at(steps, violation::none);
}

TEST(user_return_proof, a_guest_that_writes_the_register_itself) {
    look_at(guest_that_writes(), violation::none);
}

// The proof tells: of the same steps in another order, or without one of them, it says what goes wrong.
TEST(user_return_proof, the_copy_before_the_register_is_refuted) {
    auto steps = task_switch();
    const auto last = last_write(steps);
    const auto said = std::find_if(last, steps.end(), says_stack);
    ASSERT_NE(said, steps.end());
    std::iter_swap(last, said);
    look_at(steps, violation::rsp0_copy);
}

TEST(user_return_proof, a_copy_that_goes_on_speaking_is_refuted) {
    auto steps = guest();
    const auto silenced = std::ranges::remove(steps, "mov copy, 0x0");
    ASSERT_GE(silenced.size(), 2);
    steps.erase(silenced.begin(), silenced.end());
    look_at(steps, violation::rsp0_copy);
}

TEST(user_return_proof, a_return_without_the_write_is_refuted) {
    auto steps = guest();
    steps.erase(last_write(steps));
    look_at(steps, violation::rsp0_copy);
}

}  // namespace
}  // namespace msr::context
