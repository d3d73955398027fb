#include "msr/context/segment_bases/cpu.hpp"

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/shipped_cpu.hpp"

namespace msr::context {
namespace {

constexpr cpu_facts everything{
    .fsgsbase = true, .fred = true, .lkgs = true, .wrmsrns = true, .msr_imm = true, .msrlist = true, .rdpid = true};

// A kernel's state: its own base active, the user's not.
struct scene {
    value_list values;
    value kernel = values.add(0xFFFF888000000000);
    value user = values.add(0x7F0000001000);
    value high = values.add(0x1234500006000);  // canonical only with LA57
    value selector = values.add(0x33);
    value descriptor_base = values.add(0x10000000);
    descriptor table[1]{{selector, descriptor_base}};
    cpu_state state{};

    scene() {
        state.gs.base = kernel;
        state.kernel_gs_base = user;
    }
    cpu on(const cpu_facts& facts, delivery mode = delivery::idt) { return {facts, mode, values, table}; }
};

TEST(segment_bases_cpu, swapgs_exchanges_and_is_refused_in_user_mode_and_under_fred) {
    scene it;
    EXPECT_EQ(it.on(everything).swapgs(it.state), exception::none);
    EXPECT_EQ(it.state.gs.base, it.user);
    EXPECT_EQ(it.state.kernel_gs_base, it.kernel);
    EXPECT_EQ(it.on(everything, delivery::fred).swapgs(it.state), exception::invalid_opcode);
    it.state.user = 1;
    EXPECT_EQ(it.on(everything).swapgs(it.state), exception::general_protection);
    EXPECT_EQ(it.state.gs.base, it.user);
}

TEST(segment_bases_cpu, lkgs_leaves_the_active_base_alone) {
    scene it;
    EXPECT_EQ(it.on(everything).lkgs(it.state, it.selector, false), exception::none);
    EXPECT_EQ(it.state.gs, (segment{it.selector, it.kernel}));
    EXPECT_EQ(it.state.kernel_gs_base, it.descriptor_base);
}

TEST(segment_bases_cpu, a_selector_that_faults_changes_nothing) {
    scene it;
    const auto before = it.state;
    for (const auto& [condition, expected] : {std::pair{descriptor::condition::absent, exception::segment_not_present},
                                              std::pair{descriptor::condition::invalid, exception::general_protection},
                                              std::pair{descriptor::condition::unmapped, exception::page_fault}}) {
        it.table[0].is = condition;
        EXPECT_EQ(it.on(everything).load_gs(it.state, it.selector, false), expected);
        EXPECT_EQ(it.on(everything).load_fs(it.state, it.selector, false), expected);
        EXPECT_EQ(it.on(everything).lkgs(it.state, it.selector, false), expected);
        EXPECT_EQ(it.state, before);
    }
}

TEST(segment_bases_cpu, a_null_selector_clears_the_base_on_some) {
    scene it;
    it.state.gs.selector = it.selector;
    auto keeps = everything;
    keeps.null_clears_base = false;
    EXPECT_EQ(it.on(keeps).load_gs(it.state, zero, false), exception::none);
    EXPECT_EQ(it.state.gs, (segment{zero, it.kernel}));
    EXPECT_EQ(it.on(everything).load_gs(it.state, zero, false), exception::none);
    EXPECT_EQ(it.state.gs, (segment{zero, zero}));
}

TEST(segment_bases_cpu, without_rex_w_a_base_has_32_bits) {
    scene it;
    EXPECT_EQ(it.on(everything).write_base(it.state, it.kernel, false, it.state.fs.base), exception::none);
    EXPECT_EQ(it.values[it.state.fs.base], 0x00000000U);
    EXPECT_EQ(it.on(everything).write_base(it.state, it.user, false, it.state.fs.base), exception::none);
    EXPECT_EQ(it.values[it.state.fs.base], 0x1000U);
}

TEST(segment_bases_cpu, canonical_depends_on_the_cpu) {
    scene it;
    EXPECT_EQ(it.on(everything).wrmsr(it.state, base_register::fs_base, it.high), exception::general_protection);
    EXPECT_EQ(it.on(everything).write_base(it.state, it.high, true, it.state.fs.base), exception::general_protection);
    auto wide = everything;
    wide.linear_width = 57;
    EXPECT_EQ(it.on(wide).wrmsr(it.state, base_register::fs_base, it.high), exception::none);
}

TEST(segment_bases_cpu, what_is_not_there_is_undefined) {
    scene it;
    const auto none = it.on(cpu_facts{});
    EXPECT_EQ(none.lkgs(it.state, it.selector, false), exception::invalid_opcode);
    EXPECT_EQ(none.write_base(it.state, it.user, true, it.state.fs.base), exception::invalid_opcode);
    EXPECT_EQ(none.wrmsrns(it.state, base_register::fs_base, it.user), exception::invalid_opcode);
    EXPECT_EQ(none.wrmsrns_immediate(it.state, base_register::fs_base, it.user), exception::invalid_opcode);
    EXPECT_EQ(none.wrmsrlist(it.state, base_register::fs_base, it.user), exception::invalid_opcode);
    EXPECT_EQ(none.wrmsr(it.state, base_register::fred_rsp0, zero), exception::general_protection);
}

// FRED: the kernel's base is there from the first instruction on, and the user's again with the return.
TEST(segment_bases_cpu, fred_exchanges_only_where_the_privilege_level_changes) {
    scene it;
    const auto on = it.on(everything, delivery::fred);
    it.state.gs.base = it.user;
    it.state.kernel_gs_base = it.kernel;
    it.state.user = 1;
    const auto from_user = on.deliver(it.state, event::nmi);
    EXPECT_EQ(it.state.gs.base, it.kernel);
    const auto from_kernel = on.deliver(it.state, event::machine_check);
    EXPECT_EQ(it.state.gs.base, it.kernel);
    EXPECT_EQ(on.eretu(it.state, from_kernel), exception::general_protection);
    EXPECT_EQ(on.erets(it.state, from_kernel), exception::none);
    EXPECT_TRUE(it.state.nmi_blocked);
    EXPECT_EQ(on.erets(it.state, from_user), exception::general_protection);
    EXPECT_EQ(on.iret(it.state, from_user), exception::general_protection);
    EXPECT_EQ(on.eretu(it.state, from_user), exception::none);
    EXPECT_EQ(it.state.gs.base, it.user);
    EXPECT_FALSE(it.state.nmi_blocked);
}

// An IRET within an NMI's handler unblocks NMI, whose IRET it is (SDM 3 6.7.1).
TEST(segment_bases_cpu, any_iret_unblocks_nmi) {
    scene it;
    const auto on = it.on(everything);
    (void)on.deliver(it.state, event::nmi);
    const auto nested = on.deliver(it.state, event::machine_check);
    EXPECT_FALSE(on.admits(it.state, event::nmi));
    EXPECT_EQ(on.iret(it.state, nested), exception::none);
    EXPECT_TRUE(on.admits(it.state, event::nmi));
}

TEST(segment_bases_cpu, profiles_say_what_cpus_have) {
    const auto facts = [](std::string_view name) { return facts_of(*host::shipped_cpu{catalogue::built_in(), name}); };
    EXPECT_TRUE(facts("panther-lake").fred);
    EXPECT_TRUE(facts("panther-lake").lkgs);
    EXPECT_FALSE(facts("skylake-sp").lkgs);
    EXPECT_TRUE(facts("skylake-sp").null_clears_base);
    EXPECT_TRUE(facts("skylake-sp").base_writes_serialise);
    EXPECT_TRUE(facts("zen-4").null_clears_base);
    EXPECT_FALSE(facts("zen-2").null_clears_base);  // does so, and does not say so
}

}  // namespace
}  // namespace msr::context
