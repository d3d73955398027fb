// The generated registers, by the manuals' worked examples and by laws that every accessor must keep.
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "msr/core/access.hpp"
#include "msr/core/test/counting_bus.hpp"
#include "msr/registers/all.hpp"

namespace msr {
namespace {

TEST(ia32_pat, decodes_to_the_manuals_table_at_reset) {
    // SDM volume 3, table "Memory Type Setting of PAT Entries Following a Power-up or Reset".
    using enum memory_type_pat;
    const std::array expected{wb, wt, uc_minus, uc, wb, wt, uc_minus, uc};
    const auto pat = ia32_pat::at_reset();
    for (unsigned entry = 0; entry < expected.size(); ++entry) {
        const auto number = number_in<0, 7>::checked(entry).value();
        EXPECT_EQ(pat.pa(number), expected[entry]) << "PA" << entry;
    }
}

TEST(ia32_pat, an_illegal_type_survives_a_round_trip) {
    const ia32_pat pat{ia32_pat::at_reset().raw() | 3};
    EXPECT_EQ(pat.pa(0, pat.pa(0)), pat);
}

// SDM volume 3, "Base and Mask Calculations": 36 address bits, six variable ranges.
struct mtrr_example {
    std::uint64_t first;
    std::uint64_t size;
    memory_type_mtrr type;
    std::uint64_t base_value;
    std::uint64_t mask_value;
};

TEST(ia32_mtrr_physbase, builds_the_manuals_worked_example) {
    using enum memory_type_mtrr;
    const std::array examples{
        mtrr_example{0x0000'0000, 0x0400'0000, wb, 0x0000'0000'0000'0006, 0x0000'000F'FC00'0800},
        mtrr_example{0x0400'0000, 0x0200'0000, wb, 0x0000'0000'0400'0006, 0x0000'000F'FE00'0800},
        mtrr_example{0x0600'0000, 0x0040'0000, wb, 0x0000'0000'0600'0006, 0x0000'000F'FFC0'0800},
        mtrr_example{0x0640'0000, 0x0040'0000, uc, 0x0000'0000'0640'0000, 0x0000'000F'FFC0'0800},
        mtrr_example{0x0680'0000, 0x0080'0000, wb, 0x0000'0000'0680'0006, 0x0000'000F'FF80'0800},
    };
    const auto physical = low_ones(36);
    for (const auto& one : examples) {
        const auto first = ia32_mtrr_physbase::fields::physbase::checked(one.first);
        const auto mask = ia32_mtrr_physmask::fields::physmask::checked(physical & ~(one.size - 1));
        ASSERT_TRUE(first && mask);
        EXPECT_EQ(ia32_mtrr_physbase{}.physbase(*first).type(one.type).raw(), one.base_value);
        EXPECT_EQ(ia32_mtrr_physmask{}.physmask(*mask).v(true).raw(), one.mask_value);
        EXPECT_EQ(ia32_mtrr_physbase{one.base_value}.physbase(), one.first);
    }
}

TEST(ia32_mtrr_physbase, takes_no_address_with_low_bits) {
    EXPECT_FALSE(ia32_mtrr_physbase::fields::physbase::checked(0x1800));
}

TEST(ia32_vmx_pinbased_ctls, halves_share_one_layout) {
    const auto controls = vmx_pin_based_controls{}.nmi_exiting(true);
    const auto value = ia32_vmx_pinbased_ctls{}.with<ia32_vmx_pinbased_ctls::fields::allowed_1>(controls);
    EXPECT_TRUE(value.allowed_1().nmi_exiting());
    EXPECT_FALSE(value.allowed_0().nmi_exiting());
    EXPECT_EQ(value.raw() >> 32, controls.raw());
}

// For every accessor: reading back gives what was set, setting touches nothing else, and setting what was read changes
// nothing, whatever the bits are.
template <class Word, class Field>
void field_keeps_its_place(std::mt19937_64& random, const char* what) {
    using content = typename Field::value_type;
    for (int turn = 0; turn < 20; ++turn) {
        const auto before = Word::from_raw(random());
        const auto source = Word::from_raw(random()).template get<Field>();
        const Word after = before.template with<Field>(source);
        ASSERT_EQ(after.template get<Field>(), content{source}) << what;
        ASSERT_EQ(after.raw() & ~Field::mask, before.raw() & ~Field::mask) << what;
        ASSERT_EQ(before.template with<Field>(before.template get<Field>()), before) << what;
    }
}

template <class Word, class Array>
void array_keeps_its_place(std::mt19937_64& random, const char* what, unsigned first, unsigned last) {
    std::uint64_t covered = 0;
    for (unsigned at = first; at <= last; ++at) {
        const auto number = Array::number::checked(at).value();
        const auto mask = Array::element::mask << Array::offset(number);
        ASSERT_EQ(covered & mask, 0U) << what;
        covered |= mask;
        const auto before = Word::from_raw(random());
        const auto source = Word::from_raw(random()).template get<Array>(number);
        const Word after = before.template with<Array>(number, source);
        ASSERT_EQ(after.template get<Array>(number), source) << what << " " << at;
        ASSERT_EQ(after.raw() & ~mask, before.raw() & ~mask) << what << " " << at;
    }
    ASSERT_FALSE(Array::number::checked(last + 1)) << what;
}

template <unsigned First, unsigned Last, unsigned Step, class Element>
constexpr std::pair<unsigned, unsigned> bounds(field_array<First, Last, Step, Element>) {
    return {First, Last};
}

TEST(every_accessor, keeps_its_place) {
    std::mt19937_64 random{2};
    int fields = 0;
#define MSRKIT_READ_ONLY_FIELD(type, name)                                           \
    {                                                                                \
        field_keeps_its_place<type, type::fields::name>(random, #type "." #name);    \
        const auto value = type::from_raw(random());                                 \
        ASSERT_EQ(value.name(), value.get<type::fields::name>()) << #type "." #name; \
        ++fields;                                                                    \
    }
#define MSRKIT_FIELD(type, name)                                                             \
    MSRKIT_READ_ONLY_FIELD(type, name) {                                                     \
        const auto other = type::from_raw(random());                                         \
        ASSERT_EQ(type{}.name(other.name()), type{}.with<type::fields::name>(other.name())); \
    }
#define MSRKIT_READ_ONLY_ARRAY(type, name)                                                     \
    {                                                                                          \
        const auto [first, last] = bounds(type::fields::name{});                               \
        array_keeps_its_place<type, type::fields::name>(random, #type "." #name, first, last); \
        ++fields;                                                                              \
    }
#define MSRKIT_ARRAY(type, name) MSRKIT_READ_ONLY_ARRAY(type, name)
#include "msr/registers/every_field.hpp"
    EXPECT_GT(fields, 500);
}

}  // namespace
}  // namespace msr
