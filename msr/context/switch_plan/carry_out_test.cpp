#include "msr/context/switch_plan/carry_out.hpp"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/host/simulated.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_s_cet.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"

namespace msr::context {
namespace {

using by = write_instruction;

// A CPU with WRMSRNS and WRMSRLIST that tells its instructions: the letter of each, and how many registers it wrote.
struct new_cpu {
    host::simulated_cpu registers;
    std::string executed;

    result<std::uint64_t> read(std::uint32_t index) { return registers.read(index); }
    result<void> write(std::uint32_t index, std::uint64_t value) {
        executed += "w1 ";
        return registers.write(index, value);
    }
    result<void> write_non_serialising(std::uint32_t index, std::uint64_t value) {
        executed += "n1 ";
        return registers.write(index, value);
    }
    std::uint64_t write_list(const std::uint64_t* addresses, const std::uint64_t* values, std::uint64_t which) {
        executed += 'l' + std::to_string(__builtin_popcountll(which)) + ' ';
        for (; which != 0; which &= which - 1) {
            const auto at = __builtin_ctzll(which);
            if (!registers.write(static_cast<std::uint32_t>(addresses[at]), values[at])) break;
        }
        return which;
    }
};

using carried_values = std::map<std::uint32_t, std::uint64_t>;

// What a CPU is made to hold by a plan for another one.
class carried_out : public testing::Test {
  protected:
    register_plan planned(std::string_view cpu, const carried_values& next) {
        host::shipped_cpu on{catalogue::built_in(), cpu};
        std::vector<std::uint32_t> addresses;
        for (const auto& [address, value] : next) {
            addresses.push_back(address);
            values_.push_back({address, value});
            before_[address] = 0;
        }
        rows_.resize(addresses.size());
        writes_.resize(addresses.size());
        const auto rules = make_switch_rules(*on, addresses, 0, {rows_.data(), rows_.size()});
        EXPECT_TRUE(rules);
        const auto plan = make_register_plan({}, {values_}, *rules, {writes_.data(), writes_.size()});
        EXPECT_TRUE(plan);
        return *plan;
    }

    [[nodiscard]] const carried_values& before() const { return before_; }

  private:
    carried_values before_;
    std::vector<profile::known_register> values_;
    std::vector<switch_rule> rows_;
    std::vector<planned_write> writes_;
};

const carried_values wanted_values{
    {ia32_spec_ctrl::address, 1},  {ia32_pat::address, 6},     {ia32_s_cet::address, 4},
    {ia32_fs_base::address, 0x70}, {ia32_lstar::address, 0x8}, {ia32_kernel_gs_base::address, 0x90},
};

// A run of WRMSRLIST is one instruction.
std::string instructions_of(view<planned_write> writes) {
    std::string result;
    std::size_t in_list = 0;
    for (const auto& one : writes) {
        ++in_list;
        const bool goes_on = &one + 1 != writes.end() && (&one + 1)->by == by::wrmsrlist;
        if (one.by == by::wrmsrlist && goes_on) continue;
        result += one.by == by::wrmsrlist ? 'l' : one.by == by::wrmsrns ? 'n' : 'w';
        result += std::to_string(in_list) + ' ';
        in_list = 0;
    }
    return result;
}

TEST_F(carried_out, each_write_is_by_the_instruction_that_was_planned) {
    const auto plan = planned("panther-lake", wanted_values);
    new_cpu cpu{host::simulated_cpu{before()}, {}};
    EXPECT_TRUE(carry_out(cpu, plan.now));
    EXPECT_TRUE(carry_out(cpu, plan.late));
    EXPECT_EQ(cpu.registers.registers(), wanted_values);
    const auto expected = instructions_of(plan.now) + instructions_of(plan.late);
    EXPECT_EQ(cpu.executed, expected);
    EXPECT_NE(cpu.executed.find('l'), std::string::npos);
}

TEST_F(carried_out, a_cpu_without_the_instructions_executes_wrmsr) {
    const auto plan = planned("panther-lake", wanted_values);
    host::simulated_cpu cpu{before()};
    EXPECT_TRUE(carry_out(cpu, plan.now));
    EXPECT_TRUE(carry_out(cpu, plan.late));
    EXPECT_EQ(cpu.registers(), wanted_values);
    EXPECT_EQ(cpu.count(direction::write), wanted_values.size());
}

TEST_F(carried_out, an_older_cpus_plan_has_nothing_but_wrmsr) {
    const auto plan = planned("skylake-sp", {{ia32_fs_base::address, 0x70}, {ia32_tsc_aux::address, 3}});
    new_cpu cpu{host::simulated_cpu{before()}, {}};
    EXPECT_TRUE(carry_out(cpu, plan.now));
    EXPECT_TRUE(carry_out(cpu, plan.late));
    EXPECT_EQ(cpu.executed, "w1 w1 ");
}

// SDM volume 2, WRMSRLIST: 64 registers at most, from the lowest bit up.
TEST_F(carried_out, a_run_of_more_than_64_is_several_lists_in_order) {
    std::vector<planned_write> writes;
    for (std::uint64_t value = 1; value <= 130; ++value)
        writes.push_back({.value = value, .address = ia32_star::address, .by = by::wrmsrlist});
    writes.push_back({.value = 131, .address = ia32_star::address, .by = by::wrmsr});
    writes.push_back({.value = 132, .address = ia32_star::address, .by = by::wrmsrlist});
    new_cpu cpu{host::simulated_cpu{{{ia32_star::address, 0}}}, {}};
    EXPECT_TRUE(carry_out(cpu, writes));
    EXPECT_EQ(cpu.executed, "l64 l64 l2 w1 l1 ");
    std::uint64_t next = 0;
    for (const auto& access : cpu.registers.log())
        EXPECT_EQ(access.value, ++next);
}

TEST_F(carried_out, a_refused_write_is_named_and_ends_it) {
    const std::vector<planned_write> writes{
        {.value = 1, .address = ia32_star::address, .by = by::wrmsrlist},
        {.value = 2, .address = ia32_lstar::address, .by = by::wrmsrlist},
        {.value = 3, .address = ia32_pat::address, .by = by::wrmsrlist},
        {.value = 4, .address = ia32_efer::address, .by = by::wrmsrns},
    };
    const carried_values zeros{
        {ia32_star::address, 0}, {ia32_lstar::address, 0}, {ia32_pat::address, 0}, {ia32_efer::address, 0}};
    new_cpu cpu{host::simulated_cpu{zeros}, {}};
    cpu.registers.fail(ia32_lstar::address, direction::write);
    host::simulated_cpu old{zeros};
    old.fail(ia32_lstar::address, direction::write);
    const fault expected{.index = ia32_lstar::address, .direction = direction::write};
    EXPECT_EQ(carry_out(cpu, writes), result<void>{std::unexpected(expected)});
    EXPECT_EQ(carry_out(old, writes), result<void>{std::unexpected(expected)});
    auto after = zeros;
    after[ia32_star::address] = 1;
    EXPECT_EQ(cpu.registers.registers(), after);
    EXPECT_EQ(old.registers(), after);
}

}  // namespace
}  // namespace msr::context
