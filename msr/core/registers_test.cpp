// The generated registers, by the manuals' worked examples and by laws that every accessor must keep.
#include <array>
#include <iterator>
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

// Every accessor, as one function of raw values: a small one, for there are thousands. A plain field is an array of
// one.
struct accessor_case {
    const char* name;
    std::uint64_t mask;  // of the first element
    unsigned lsb;
    unsigned elements;
    unsigned step;
    std::uint64_t (*access)(bool setting, std::uint64_t raw, std::uint64_t source, unsigned element);

    std::uint64_t get(std::uint64_t raw, unsigned element) const { return access(false, raw, 0, element); }
    // To what `source` has there.
    std::uint64_t set(std::uint64_t raw, std::uint64_t source, unsigned element) const {
        return access(true, raw, source, element);
    }
};

std::uint64_t raw_of(bool content) {
    return content ? 1 : 0;
}
std::uint64_t raw_of(const auto& content) {
    return content.raw();
}

template <unsigned First, unsigned Last, unsigned Step, class Element>
constexpr unsigned elements_of(field_array<First, Last, Step, Element>) {
    return Last - First + 1;
}
template <unsigned First, unsigned Last, unsigned Step, class Element>
constexpr unsigned step_of(field_array<First, Last, Step, Element>) {
    return Step;
}
template <unsigned First, unsigned Last, unsigned Step, class Element>
number_in<First, Last> number_of(field_array<First, Last, Step, Element>, unsigned element) {
    return number_in<First, Last>::checked(First + element).value();
}

// clang-format off
#define FIELD_CASE(type, name, set)                                                                                  \
    {#type "." #name, type::fields::name::mask, type::fields::name::lsb, 1, 0,                                       \
     [](bool setting, std::uint64_t raw, std::uint64_t from, unsigned) {                                             \
         const auto value = type::from_raw(raw);                                                                     \
         return setting ? value.set(type::from_raw(from).name()).raw() : raw_of(value.name()); }},
#define ARRAY_CASE(type, name, set)                                                                                  \
    {#type "." #name, type::fields::name::element::mask, type::fields::name::element::lsb,                           \
     elements_of(type::fields::name{}), step_of(type::fields::name{}),                                               \
     [](bool setting, std::uint64_t raw, std::uint64_t from, unsigned at) {                                          \
         const auto number = number_of(type::fields::name{}, at);                                                    \
         const auto value = type::from_raw(raw);                                                                     \
         return setting ? value.set(number, type::from_raw(from).name(number)).raw() : raw_of(value.name(number)); }},
#define MSRKIT_FIELD(type, name) FIELD_CASE(type, name, name)
#define MSRKIT_READ_ONLY_FIELD(type, name) FIELD_CASE(type, name, with<type::fields::name>)
#define MSRKIT_ARRAY(type, name) ARRAY_CASE(type, name, name)
#define MSRKIT_READ_ONLY_ARRAY(type, name) ARRAY_CASE(type, name, with<type::fields::name>)
const accessor_case accessors[] = {
#include "msr/registers/every_field.hpp"
};
// clang-format on

// Whatever the bits are: a getter gives those of its field, a setter replaces those and no others.
TEST(every_accessor, keeps_its_place) {
    std::mt19937_64 random{2};
    for (const auto& one : accessors) {
        for (unsigned element = 0; element < one.elements; ++element) {
            const auto mask = one.mask << (element * one.step);
            const auto lsb = one.lsb + (element * one.step);
            // A layout narrower than a register has no bits above its own.
            const auto all = one.set(~std::uint64_t{0}, ~std::uint64_t{0}, element);
            for (int turn = 0; turn < 10; ++turn) {
                const auto raw = random() & all;
                const auto source = random() & all;
                ASSERT_EQ(one.get(raw, element), (raw & mask) >> lsb) << one.name << " " << element;
                ASSERT_EQ(one.set(raw, source, element), (raw & ~mask) | (source & mask)) << one.name << " " << element;
            }
        }
    }
    EXPECT_GT(std::size(accessors), 500U);
}

}  // namespace
}  // namespace msr
