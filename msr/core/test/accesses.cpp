// Accesses in pairs, typed and by hand; disassembly_test.cpp compiles them and compares their instructions.
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_mtrr_physmask.hpp"
#include "msr/registers/ia32_pat.hpp"

using namespace msr;

namespace {

// RDMSR and WRMSR as kernels have had them for decades: a fault goes to the label.
#define READ_BY_HAND(index, value, refused)                            \
    std::uint32_t low;                                                 \
    std::uint32_t high;                                                \
    std::uint64_t value;                                               \
    asm volatile goto("1: rdmsr" MSRKIT_RECOVER_AT("%l[" #refused "]") \
                      : "=a"(low), "=d"(high)                          \
                      : "c"(index)                                     \
                      : "memory"                                       \
                      : refused);                                      \
    asm("");                                                           \
    value = std::uint64_t{high} << 32 | low
#define WRITE_BY_HAND(index, value, refused)                                \
    asm volatile goto("1: wrmsr" MSRKIT_RECOVER_AT("%l[" #refused "]")      \
                      :                                                     \
                      : "c"(index), "a"(static_cast<std::uint32_t>(value)), \
                        "d"(static_cast<std::uint32_t>((value) >> 32))      \
                      : "memory"                                            \
                      : refused)

// Accesses that are known not to fault.
struct plain_bus {
    [[nodiscard]] result<std::uint64_t> read(std::uint32_t index) const {
        std::uint32_t low;
        std::uint32_t high;
        asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index) : "memory");
        return std::uint64_t{high} << 32 | low;
    }
    [[nodiscard]] result<void> write(std::uint32_t index, std::uint64_t value) const {
        asm volatile("wrmsr" ::"c"(index), "a"(static_cast<std::uint32_t>(value)),
                     "d"(static_cast<std::uint32_t>(value >> 32))
                     : "memory");
        return {};
    }
};

}  // namespace

extern "C" {

void kept_reads() {
    (void)read<ia32_efer>(native_bus{});
    (void)instructions::rdmsr_immediate<ia32_pat::address>(enumerated<features::msr_imm>::vouched_for());
}

bool typed_set_flag() {
    return update<ia32_efer>(native_bus{}, [](ia32_efer value) { return value.sce(true); }).has_value();
}
bool manual_set_flag() {
    READ_BY_HAND(ia32_efer::address, value, refused);
    value |= ia32_efer::fields::sce::mask;
    WRITE_BY_HAND(ia32_efer::address, value, refused);
    return true;
refused:
    return false;
}

bool typed_clear_flag() {
    return update<ia32_efer>(native_bus{}, [](ia32_efer value) { return value.nxe(false); }).has_value();
}
bool manual_clear_flag() {
    READ_BY_HAND(ia32_efer::address, value, refused);
    value &= ~ia32_efer::fields::nxe::mask;
    WRITE_BY_HAND(ia32_efer::address, value, refused);
    return true;
refused:
    return false;
}

void typed_change_three_flags() {
    (void)update<ia32_efer>(plain_bus{}, [](ia32_efer value) { return value.sce(true).lme(true).nxe(false); });
}
void manual_change_three_flags() {
    using fields = ia32_efer::fields;
    std::uint32_t low;
    std::uint32_t high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(ia32_efer::address) : "memory");
    std::uint64_t value = std::uint64_t{high} << 32 | low;
    value |= fields::sce::mask;
    value |= fields::lme::mask;
    value &= ~fields::nxe::mask;
    asm volatile("wrmsr" ::"c"(ia32_efer::address), "a"(static_cast<std::uint32_t>(value)),
                 "d"(static_cast<std::uint32_t>(value >> 32))
                 : "memory");
}

bool typed_replace_field() {
    return update<ia32_mtrr_physmask>(native_bus{}, 2,
                                      [](ia32_mtrr_physmask value) { return value.physmask(0xF'FFFF'C000'0000); })
        .has_value();
}
bool manual_replace_field() {
    constexpr auto index = ia32_mtrr_physmask::address + 2 * ia32_mtrr_physmask::stride;
    READ_BY_HAND(index, value, refused);
    value = (value & ~ia32_mtrr_physmask::fields::physmask::mask) | 0xF'FFFF'C000'0000;
    WRITE_BY_HAND(index, value, refused);
    return true;
refused:
    return false;
}

bool typed_test_flag() {
    const auto value = read<ia32_efer>(native_bus{});
    return value && value->sce();
}
bool manual_test_flag() {
    READ_BY_HAND(ia32_efer::address, value, refused);
    return (value & ia32_efer::fields::sce::mask) != 0;
refused:
    return false;
}

std::uint64_t typed_read_field() {
    const auto value = read<ia32_mtrr_physmask>(native_bus{}, 1);
    return value ? value->physmask().value() : 0;
}
std::uint64_t manual_read_field() {
    READ_BY_HAND(ia32_mtrr_physmask::address + ia32_mtrr_physmask::stride, value, refused);
    return value & ia32_mtrr_physmask::fields::physmask::mask;
refused:
    return 0;
}

bool typed_write_constant() {
    return write(native_bus{}, ia32_pat::at_reset().pa(1, memory_type_pat::wc)).has_value();
}
bool manual_write_constant() {
    constexpr auto shift = ia32_pat::fields::pa::offset(1);
    constexpr auto mask = ia32_pat::fields::pa::element::mask << shift;
    constexpr auto value = (ia32_pat::at_reset().raw() & ~mask) | static_cast<std::uint64_t>(memory_type_pat::wc)
                                                                      << shift;
    WRITE_BY_HAND(ia32_pat::address, value, refused);
    return true;
refused:
    return false;
}
}
