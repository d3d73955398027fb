#include "msr/core/access.hpp"

#include <gtest/gtest.h>

#include "msr/core/test/counting_bus.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_mtrr_physmask.hpp"
#include "msr/registers/ia32_pred_cmd.hpp"
#include "msr/registers/ia32_vmx_basic.hpp"

namespace msr {
namespace {

using test::counting_bus;

static_assert(readable_register<ia32_efer> && writable_register<ia32_efer> && single_register<ia32_efer>);
static_assert(readable_register<ia32_vmx_basic> && !writable_register<ia32_vmx_basic>);
static_assert(!readable_register<ia32_pred_cmd> && writable_register<ia32_pred_cmd>);
static_assert(register_family<ia32_mtrr_physmask> && !single_register<ia32_mtrr_physmask>);

// A status register such as catalogues have: one flag that a one clears, one that a zero clears, one that is set
// freely.
struct status : word<status> {
    static constexpr text name = "STATUS";
    static constexpr std::uint32_t address = 1;
    static constexpr bool readable = true;
    static constexpr bool writable = true;
    static constexpr std::uint64_t cleared_by_one = 1;
    static constexpr std::uint64_t cleared_by_zero = 2;
    using word::word;
    struct fields {
        using overflow = field<0, 0, bool>;
        using hot = field<1, 1, bool>;
        using enable = field<2, 2, bool>;
    };
};

const auto enable_syscall = [](ia32_efer value) { return value.sce(true); };

TEST(read, gives_the_value_with_one_access) {
    counting_bus bus{.registers = {{ia32_efer::address, ia32_efer{}.nxe(true).raw()}}};
    const auto value = read<ia32_efer>(bus);
    ASSERT_TRUE(value);
    EXPECT_TRUE(value->nxe());
    EXPECT_FALSE(value->sce());
    EXPECT_EQ(bus.reads, 1);
    EXPECT_EQ(bus.writes, 0);
}

TEST(read, passes_a_fault_through_as_it_is) {
    counting_bus bus;
    EXPECT_EQ(read<ia32_efer>(bus).error(), (fault{.index = ia32_efer::address, .cpu = 3}));
}

TEST(update, is_one_read_and_one_write_and_keeps_the_other_bits) {
    counting_bus bus{.registers = {{ia32_efer::address, ~std::uint64_t{0} - 1}}};
    ASSERT_TRUE(update<ia32_efer>(bus, enable_syscall));
    EXPECT_EQ(bus.registers[ia32_efer::address], ~std::uint64_t{0});
    EXPECT_EQ(bus.reads, 1);
    EXPECT_EQ(bus.writes, 1);
}

TEST(update, writes_even_what_does_not_change) {
    counting_bus bus{.registers = {{ia32_efer::address, ia32_efer{}.sce(true).raw()}}};
    ASSERT_TRUE(update<ia32_efer>(bus, enable_syscall));
    EXPECT_EQ(bus.writes, 1);
}

TEST(update, neither_edits_nor_writes_after_a_refused_read) {
    counting_bus bus;
    bool edited = false;
    const auto done = update<ia32_efer>(bus, [&](ia32_efer value) {
        edited = true;
        return value;
    });
    EXPECT_EQ(done.error().direction, direction::read);
    EXPECT_FALSE(edited);
    EXPECT_EQ(bus.writes, 0);
}

TEST(update, reports_a_refused_write_as_such) {
    counting_bus bus{.registers = {{ia32_efer::address, 0}}, .writes_refused = true};
    const fault refused{.index = ia32_efer::address, .cpu = 3, .direction = direction::write};
    EXPECT_EQ(update<ia32_efer>(bus, enable_syscall).error(), refused);
    EXPECT_EQ(ensure<ia32_efer>(bus, enable_syscall).error(), refused);
}

TEST(update, clears_no_status_that_the_edit_does_not_clear) {
    counting_bus bus{.registers = {{status::address, 0b001}}};
    ASSERT_TRUE(update<status>(bus, [](status value) { return value.with<status::fields::enable>(true); }));
    EXPECT_EQ(bus.registers[status::address], 0b110U) << "a one would clear overflow, a zero would clear hot";
}

TEST(update, clears_status_on_request) {
    counting_bus bus{.registers = {{status::address, 0b011}}};
    ASSERT_TRUE(update<status>(
        bus, [](status value) { return value.with<status::fields::overflow>(true).with<status::fields::hot>(false); }));
    EXPECT_EQ(bus.registers[status::address], 0b001U);
}

TEST(ensure, leaves_a_register_alone_that_is_as_wanted) {
    counting_bus bus{.registers = {{ia32_efer::address, ia32_efer{}.sce(true).raw()}}, .writes_refused = true};
    EXPECT_TRUE(ensure<ia32_efer>(bus, enable_syscall)) << "as a locked register needs it";
    EXPECT_EQ(bus.reads, 1);
    EXPECT_EQ(bus.writes, 0);
}

TEST(ensure, writes_once_otherwise) {
    counting_bus bus{.registers = {{ia32_efer::address, 0}}};
    EXPECT_TRUE(ensure<ia32_efer>(bus, enable_syscall));
    EXPECT_TRUE(ia32_efer{bus.registers[ia32_efer::address]}.sce());
    EXPECT_EQ(bus.writes, 1);
}

TEST(write, writes_without_reading) {
    counting_bus bus{.registers = {{ia32_pred_cmd::address, 0}}};
    ASSERT_TRUE(write(bus, ia32_pred_cmd{}.ibpb(true)));
    EXPECT_EQ(bus.reads, 0);
    EXPECT_EQ(bus.writes, 1);
}

TEST(family, members_are_a_stride_apart) {
    using mask = ia32_mtrr_physmask;
    counting_bus bus;
    for (std::uint32_t number = 0; number < mask::members; ++number)
        bus.registers[mask::address + number * mask::stride] = number;
    for (std::uint32_t number = 0; number < mask::members; ++number)
        EXPECT_EQ(read<mask>(bus, number + mask::first)->raw(), number);
    ASSERT_TRUE(update<mask>(bus, mask::first + 2, [](mask value) { return value.v(true); }));
    EXPECT_TRUE(read<mask>(bus, mask::first + 2)->v());
    EXPECT_FALSE(read<mask>(bus, mask::first + 1)->v());
    EXPECT_TRUE(ensure<mask>(bus, mask::first + 2, [](mask value) { return value.v(true); }));
}

TEST(family, a_member_beyond_the_last_is_a_fault_without_an_access) {
    using mask = ia32_mtrr_physmask;
    counting_bus bus;
    const auto same = [](mask value) { return value; };
    for (const std::uint32_t number : {mask::first + mask::members, mask::first - 1, ~0U}) {
        if (number < mask::first + mask::members && number >= mask::first) continue;
        EXPECT_EQ(read<mask>(bus, number).error().cause, cause::no_such_member);
        EXPECT_EQ(write(bus, number, mask{}).error().cause, cause::no_such_member);
        EXPECT_EQ(update<mask>(bus, number, same).error().cause, cause::no_such_member);
        EXPECT_EQ(ensure<mask>(bus, number, same).error().cause, cause::no_such_member);
    }
    EXPECT_EQ(bus.reads + bus.writes, 0);
}

TEST(raw, passes_addresses_and_values_as_they_are) {
    counting_bus bus{.registers = {{7, 1}}};
    ASSERT_TRUE(raw_write(bus, 7, 2));
    EXPECT_EQ(raw_read(bus, 7).value(), 2U);
    EXPECT_FALSE(raw_read(bus, 8));
}

}  // namespace
}  // namespace msr
