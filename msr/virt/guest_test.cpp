#include "msr/virt/guest.hpp"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/core/access.hpp"
#include "msr/host/owned.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_feature_control.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_platform_id.hpp"
#include "msr/registers/ia32_pred_cmd.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/rules/all.hpp"

namespace {

using msr::profile::objection;

constexpr std::size_t largest_state = 16 * 1024;  // bytes of one virtual CPU

const msr::catalogue::model_entry* model(std::string_view name) {
    for (const auto& one : msr::catalogue::built_in().models) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

struct virtual_cpu {
    explicit virtual_cpu(std::string_view profile,
                         const msr::profile::table_options& options = {.rules = msr::rules::all},
                         msr::virt::backing elsewhere = {})
        : cpu{msr::catalogue::built_in(), profile},
          table{*cpu, options},
          values(table->initial().size()),
          guest{*table, table.cpu(), values.data(), elsewhere} {}

    msr::host::shipped_cpu cpu;
    msr::host::owned_table table;
    std::vector<std::uint64_t> values;
    msr::virt::guest guest;
};

TEST(guest, is_a_bus_for_everything_typed) {
    virtual_cpu one{"sapphire-rapids"};
    const auto before = msr::read<msr::ia32_pat>(one.guest);
    ASSERT_TRUE(before);
    EXPECT_EQ(*before, msr::ia32_pat::at_reset());
    const auto changed = msr::update<msr::ia32_efer>(one.guest, [](auto efer) { return efer.sce(true); });
    ASSERT_TRUE(changed);
    EXPECT_TRUE(msr::read<msr::ia32_efer>(one.guest)->sce());
}

TEST(guest, a_refused_write_changes_nothing) {
    virtual_cpu one{"sapphire-rapids"};
    const auto illegal = one.guest.write(msr::ia32_pat::address, 2);
    ASSERT_FALSE(illegal);
    EXPECT_EQ(illegal.error().index, msr::ia32_pat::address);
    EXPECT_EQ(illegal.error().direction, msr::direction::write);
    EXPECT_EQ(msr::read<msr::ia32_pat>(one.guest), msr::ia32_pat::at_reset());
}

TEST(guest, an_address_without_a_register_faults_and_is_counted) {
    virtual_cpu one{"zen-4"};
    constexpr std::uint32_t nothing = 0x12345;
    EXPECT_FALSE(one.guest.read(nothing));
    EXPECT_FALSE(one.guest.write(nothing, 0));
    EXPECT_FALSE(one.guest.host_read(nothing));
    EXPECT_EQ(one.guest.unknown_accesses(), 3U);
}

TEST(guest, write_only_and_read_only_registers_refuse_the_other_direction) {
    virtual_cpu one{"sapphire-rapids"};
    EXPECT_EQ(one.guest.explained_read(msr::ia32_pred_cmd::address).why, objection::register_write_only);
    EXPECT_TRUE(one.guest.write(msr::ia32_pred_cmd::address, msr::ia32_pred_cmd{}.ibpb(true).raw()));
    EXPECT_EQ(one.guest.explained_write(msr::ia32_platform_id::address, 0).why, objection::register_read_only);
}

TEST(guest, canonical_addresses_follow_what_the_cpu_supports) {
    // SDM volume 1, 3.3.7.1. Zen 3 has 48 bits, Sapphire Rapids 57.
    const std::uint64_t needs_57_bits = 0x00FF'0000'0000'0000;
    EXPECT_FALSE(virtual_cpu{"zen-3"}.guest.write(msr::ia32_lstar::address, needs_57_bits));
    EXPECT_TRUE(virtual_cpu{"sapphire-rapids"}.guest.write(msr::ia32_lstar::address, needs_57_bits));
    EXPECT_FALSE(virtual_cpu{"sapphire-rapids"}.guest.write(msr::ia32_kernel_gs_base::address, needs_57_bits << 1U));
}

TEST(guest, a_hypervisor_restores_what_the_guest_cannot_write_any_more) {
    virtual_cpu one{"sapphire-rapids"};
    const auto locked = msr::ia32_feature_control{}.lock(true);
    ASSERT_TRUE(msr::write<msr::ia32_feature_control>(one.guest, locked));
    EXPECT_EQ(one.guest.explained_write(msr::ia32_feature_control::address, 0).why, objection::locked);
    EXPECT_TRUE(one.guest.host_write(msr::ia32_feature_control::address, 0));
    EXPECT_EQ(msr::read<msr::ia32_feature_control>(one.guest), msr::ia32_feature_control{});
}

TEST(guest, reset_brings_registers_and_state_back) {
    virtual_cpu one{"zen-4"};
    ASSERT_TRUE(one.guest.write(msr::ia32_pat::address, 0));
    one.guest.around().state.paging = true;
    one.guest.reset();
    EXPECT_EQ(msr::read<msr::ia32_pat>(one.guest), msr::ia32_pat::at_reset());
    EXPECT_FALSE(one.guest.around().state.paging);
}

// What a hypervisor keeps in its control structure.
struct control_structure {
    std::map<std::uint32_t, std::uint64_t> held;

    msr::virt::backing backing() {
        return {this,
                [](void* self, std::uint32_t address) { return static_cast<control_structure*>(self)->held[address]; },
                [](void* self, std::uint32_t address, std::uint64_t value) {
                    static_cast<control_structure*>(self)->held[address] = value;
                }};
    }
};

TEST(guest, registers_kept_elsewhere_are_reached_only_by_what_passes) {
    const std::uint32_t backed[]{msr::ia32_pat::address, msr::ia32_efer::address};
    control_structure vmcs{{{msr::ia32_pat::address, msr::ia32_pat::at_reset().raw()}}};
    virtual_cpu one{"sapphire-rapids", {.rules = msr::rules::all, .backed = backed}, vmcs.backing()};
    EXPECT_EQ(msr::read<msr::ia32_pat>(one.guest), msr::ia32_pat::at_reset());
    EXPECT_FALSE(one.guest.write(msr::ia32_pat::address, 2));
    EXPECT_EQ(vmcs.held[msr::ia32_pat::address], msr::ia32_pat::at_reset().raw());
    EXPECT_TRUE(one.guest.write(msr::ia32_efer::address, msr::ia32_efer{}.sce(true).raw()));
    EXPECT_EQ(vmcs.held[msr::ia32_efer::address], msr::ia32_efer{}.sce(true).raw());
}

TEST(guest, a_model_departs_where_its_rows_say) {
    const std::uint64_t high = std::uint64_t{1} << 32U;
    virtual_cpu manual{"sapphire-rapids"};
    EXPECT_EQ(manual.guest.explained_write(msr::ia32_tsc_aux::address, high).why, objection::reserved_bits);
    ASSERT_NE(model("bochs"), nullptr);
    virtual_cpu bochs{"sapphire-rapids", {.model = model("bochs"), .rules = msr::rules::all}};
    const auto dropped = bochs.guest.explained_write(msr::ia32_tsc_aux::address, high | 5);
    EXPECT_FALSE(dropped.faults());
    EXPECT_EQ(dropped.result, 5U);
    EXPECT_EQ(dropped.dropped, high);
    // What a model does not implement is not there, whatever CPUID says.
    EXPECT_EQ(bochs.guest.explained_read(msr::ia32_pred_cmd::address).why, objection::register_write_only);
}

// write() takes a short way past the verdict where it can; both ways must end alike.
void expect_same_ways(std::string_view profile, const msr::catalogue::model_entry* as) {
    const msr::profile::table_options options{.model = as, .rules = msr::rules::all};
    virtual_cpu quick{profile, options};
    virtual_cpu explained{profile, options};
    std::mt19937_64 random{7};
    for (const auto& slot : quick.table->slots()) {
        if (slot.where == msr::profile::address_slot::place::empty) continue;
        for (int round = 0; round < 24; ++round) {
            // All bits, few bits, one bit: most random values alone would only be refused.
            const auto value = round < 8    ? random()
                               : round < 16 ? random() & random() & random() & random()
                                            : std::uint64_t{1} << random() % 64;
            const bool done = quick.guest.write(slot.address, value).has_value();
            EXPECT_EQ(done, !explained.guest.explained_write(slot.address, value).faults()) << std::hex << slot.address;
            const auto read = quick.guest.read(slot.address);
            const auto answer = explained.guest.explained_read(slot.address);
            ASSERT_EQ(read.has_value(), !answer.faults()) << std::hex << slot.address;
            ASSERT_EQ(read.value_or(0), answer.result) << std::hex << slot.address << " " << value;
        }
    }
}

TEST(guest, the_short_way_ends_like_the_long_one) {
    for (const auto* profile : {"max-intel", "max-amd", "sapphire-rapids", "zen-5"}) {
        expect_same_ways(profile, nullptr);
        for (const auto& one : msr::catalogue::built_in().models)
            expect_same_ways(profile, &one);
    }
}

TEST(guest, every_shipped_cpu_fits_its_memory) {
    for (const auto& entry : msr::catalogue::built_in().profiles) {
        const virtual_cpu one{std::string_view{entry.name}};
        EXPECT_GT(one.values.size(), 50U) << std::string_view{entry.name};
        EXPECT_LE(one.values.size() * sizeof one.values.front() + sizeof one.guest, largest_state)
            << std::string_view{entry.name};
    }
}

TEST(guest, too_little_storage_is_an_error_that_says_how_much_it_takes) {
    const msr::host::shipped_cpu cpu{msr::catalogue::built_in(), "zen-5"};
    const auto as_guest = (*cpu).as_guest();
    const auto made = msr::profile::register_table::make(as_guest, {}, {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().rows, msr::profile::register_table::size_for(as_guest, {}).rows);
}

}  // namespace
