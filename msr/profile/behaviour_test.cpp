#include "msr/profile/behaviour.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/core/access.hpp"
#include "msr/host/owned.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_feature_control.hpp"
#include "msr/registers/ia32_fred_rsp0.hpp"
#include "msr/registers/ia32_mtrr_physbase.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/msr_pkg_power_limit.hpp"

namespace {

using msr::profile::objection;

// A CPU with every feature of the catalogue that one CPUID bit announces, of the vendor that the signature names.
std::vector<msr::profile::cpuid_leaf> every_feature(const char (&signature)[13]) {
    std::vector<msr::profile::cpuid_leaf> leaves;
    const auto at = [&](std::uint32_t leaf, std::uint32_t subleaf) -> msr::profile::cpuid_answer& {
        for (auto& one : leaves) {
            if (one.leaf == leaf && one.subleaf == subleaf) return one.answer;
        }
        return leaves.emplace_back(msr::profile::cpuid_leaf{leaf, subleaf, {}}).answer;
    };
    for (const auto& feature : msr::catalogue::built_in().features) {
        if (!feature.where.hypervisor.empty() || feature.where.reg == msr::catalogue::cpuid_register::none) continue;
        auto& answer = at(feature.where.leaf, feature.where.subleaf);
        std::uint32_t* const registers[]{&answer.eax, &answer.ebx, &answer.ecx, &answer.edx};
        *registers[static_cast<int>(feature.where.reg) - 1] |=
            static_cast<std::uint32_t>(msr::catalogue::mask_of(feature.where.msb, feature.where.lsb));
    }
    const auto word = [&](int from) {
        std::uint32_t result = 0;
        for (int letter = 3; letter >= 0; --letter)
            result = result << 8U | static_cast<unsigned char>(signature[from + letter]);
        return result;
    };
    at(0, 0) = {.eax = 0x23, .ebx = word(0), .ecx = word(8), .edx = word(4)};
    for (const auto& quantity : msr::catalogue::built_in().quantities) {
        if (quantity.name == "LINEAR_ADDRESS_WIDTH" || quantity.name == "MAXPHYADDR") {
            auto& answer = at(quantity.where.leaf, quantity.where.subleaf).eax;
            answer |= (quantity.name == "MAXPHYADDR" ? 46U : 48U) << quantity.where.lsb;
        }
    }
    return leaves;
}

struct machine {
    explicit machine(const char (&signature)[13])
        : leaves{every_feature(signature)}, cpu{msr::catalogue::built_in(), leaves, {}} {}

    msr::profile::verdict write(const char* name, std::uint64_t old, std::uint64_t value) {
        const auto targets = msr::catalogue::find_by_name(msr::catalogue::built_in(), name);
        const msr::host::owned_behaviour behaviour{*targets->front().entry, cpu, {}};
        msr::profile::surroundings around{.cpu = cpu, .state = {}};
        return try_write(*behaviour, {.around = around, .old = old, .value = value});
    }

    std::vector<msr::profile::cpuid_leaf> leaves;
    msr::profile::profile cpu;
};

TEST(try_write, refuses_memory_types_that_pat_does_not_have) {
    machine cpu{"GenuineIntel"};
    const auto reset = msr::ia32_pat::at_reset();
    for (std::uint64_t type = 0; type < 8; ++type) {
        const auto result = cpu.write("IA32_PAT", reset.raw(), (reset.raw() & ~std::uint64_t{7}) | type);
        // SDM volume 3, table 12-10: encodings 2 and 3 are reserved.
        EXPECT_EQ(result.faults(), type == 2 || type == 3) << type;
        if (result.faults()) {
            EXPECT_EQ(result.why, objection::illegal_value);
            EXPECT_EQ(result.field->name, "PA0");
        }
    }
    EXPECT_EQ(cpu.write("IA32_PAT", 0, reset.raw() | 8).why, objection::reserved_bits);
}

TEST(try_write, a_locked_feature_control_refuses_even_its_own_value) {
    machine cpu{"GenuineIntel"};
    const auto open = msr::ia32_feature_control{}.enable_vmx_outside_smx_operation(true);
    const auto locked = open.lock(true);
    EXPECT_FALSE(cpu.write("IA32_FEATURE_CONTROL", open.raw(), locked.raw()).faults());
    EXPECT_EQ(cpu.write("IA32_FEATURE_CONTROL", locked.raw(), locked.raw()).why, objection::locked);
    EXPECT_EQ(cpu.write("IA32_FEATURE_CONTROL", locked.raw(), open.raw()).why, objection::locked);
}

TEST(try_write, long_mode_active_is_kept_by_intel_and_must_match_on_amd) {
    const auto off = msr::ia32_efer{}.sce(true);
    const auto on = off.with<msr::ia32_efer::fields::lma>(true);
    machine intel{"GenuineIntel"};
    const auto kept = intel.write("IA32_EFER", off.raw(), on.raw());
    EXPECT_FALSE(kept.faults());
    EXPECT_EQ(kept.result, off.raw());
    EXPECT_EQ(kept.dropped, on.raw() ^ off.raw());
    machine amd{"AuthenticAMD"};
    EXPECT_EQ(amd.write("IA32_EFER", off.raw(), on.raw()).why, objection::field_read_only);
    EXPECT_FALSE(amd.write("IA32_EFER", on.raw(), on.raw()).faults());
}

TEST(try_write, bits_beyond_the_physical_address_width_are_reserved) {
    machine cpu{"GenuineIntel"};
    const std::uint64_t top = std::uint64_t{1} << 45U;
    EXPECT_FALSE(cpu.write("IA32_MTRR_PHYSBASE0", 0, top | 6).faults());
    EXPECT_EQ(cpu.write("IA32_MTRR_PHYSBASE0", 0, top << 1U | 6).why, objection::reserved_bits);
    EXPECT_EQ(cpu.write("IA32_MTRR_PHYSBASE0", 0, top | 7).why, objection::illegal_value);
}

TEST(try_write, stack_pointers_must_be_canonical_and_aligned) {
    machine cpu{"GenuineIntel"};
    EXPECT_FALSE(cpu.write("IA32_FRED_RSP0", 0, 0x0000'7FFF'FFFF'FFC0).faults());
    EXPECT_FALSE(cpu.write("IA32_FRED_RSP0", 0, 0xFFFF'8000'0000'0000).faults());
    EXPECT_EQ(cpu.write("IA32_FRED_RSP0", 0, 0x0000'8000'0000'0000).why, objection::not_canonical);
    EXPECT_EQ(cpu.write("IA32_FRED_RSP0", 0, 0xFFFF'8000'0000'0020).why, objection::reserved_bits);
}

TEST(try_write, a_power_limit_that_is_locked_drops_what_is_written) {
    machine cpu{"GenuineIntel"};
    const auto locked = msr::msr_pkg_power_limit{0x100}.pkg_power_limit_lock(true);
    const auto result = cpu.write("MSR_PKG_POWER_LIMIT", locked.raw(), 0x200);
    EXPECT_FALSE(result.faults());
    EXPECT_EQ(result.result, locked.raw());
}

TEST(try_write, capability_registers_cannot_be_written) {
    machine cpu{"GenuineIntel"};
    EXPECT_EQ(cpu.write("IA32_VMX_PINBASED_CTLS", 0, 0).why, objection::register_read_only);
}

}  // namespace
