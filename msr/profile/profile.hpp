// A CPU as software sees it: what CPUID says, and the values of the registers that announce capabilities. Freestanding.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/catalogue/bits.hpp"
#include "msr/catalogue/evaluate.hpp"
#include "msr/profile/cpuid.hpp"

namespace msr::profile {

/// Answers the catalogue's conditions for one CPU. The views must outlive it; features are worked out once, here.
class profile {
  public:
    /// `registers` is sorted by address: the values that conditions and formulas may refer to.
    profile(const catalogue::tables& facts, view<cpuid_leaf> cpuid, view<known_register> registers);

    /// The same CPU as a guest's: registers that software can write are not known, so that conditions over them are
    /// asked at every access; those that only report and are not listed hold their reset value.
    [[nodiscard]] profile as_guest() const;

    [[nodiscard]] const catalogue::tables& facts() const { return *facts_; }
    [[nodiscard]] view<cpuid_leaf> cpuid() const { return cpuid_; }
    [[nodiscard]] view<known_register> registers() const { return registers_; }

    [[nodiscard]] bool feature(std::uint32_t index) const { return (features_[index / 64] >> (index % 64) & 1U) != 0; }
    [[nodiscard]] bool vendor(std::uint32_t index) const { return vendor_ == index; }
    [[nodiscard]] bool processors(std::uint32_t index) const;
    [[nodiscard]] std::uint32_t quantity(std::uint32_t index) const { return quantities_[index]; }
    [[nodiscard]] std::uint32_t family() const { return family_; }
    [[nodiscard]] std::uint32_t model() const { return model_; }
    [[nodiscard]] std::uint32_t stepping() const { return stepping_; }
    /// Bits of a linear address: 48, or 57 where the CPU supports LA57.
    [[nodiscard]] unsigned linear_width() const { return linear_width_; }
    [[nodiscard]] std::optional<std::uint64_t> register_value(std::uint32_t address) const;
    /// The value that the profile was given for a register, a guest's or not.
    [[nodiscard]] std::optional<std::uint64_t> listed_value(std::uint32_t address) const;
    [[nodiscard]] std::optional<std::uint64_t> register_bits(std::uint32_t address, int msb, int lsb) const;
    /// A condition alone has no register of its own.
    [[nodiscard]] static std::uint64_t self_bits(int, int) { return 0; }

    /// The vendor's name in the catalogue; empty if it is unknown there.
    [[nodiscard]] text vendor_name() const;

    /// Whether the CPU has a feature, by its name in the catalogue; false for a name that is not there.
    [[nodiscard]] bool has(text feature_name) const;

  private:
    void identify();
    void find_quantities();
    void find_features();
    [[nodiscard]] std::optional<std::uint32_t> bits_of(const catalogue::cpuid_bits& where) const;
    [[nodiscard]] std::optional<std::uint32_t> hypervisor_base(text signature) const;
    [[nodiscard]] std::optional<std::uint64_t> reset_of_constant(std::uint32_t address) const;

    const catalogue::tables* facts_;
    view<cpuid_leaf> cpuid_;
    view<known_register> registers_;
    std::size_t vendor_ = catalogue::none;
    std::uint32_t family_ = 0;
    std::uint32_t model_ = 0;
    std::uint32_t stepping_ = 0;
    unsigned linear_width_ = 0;
    bool of_guest_ = false;
    std::uint32_t quantities_[catalogue::most_quantities]{};
    std::uint64_t features_[catalogue::most_features / 64]{};
};

/// A profile together with the value of the register that is being looked at.
struct evaluation {
    const profile& cpu;
    std::uint64_t value;

    [[nodiscard]] bool feature(std::uint32_t index) const { return cpu.feature(index); }
    [[nodiscard]] bool vendor(std::uint32_t index) const { return cpu.vendor(index); }
    [[nodiscard]] bool processors(std::uint32_t index) const { return cpu.processors(index); }
    [[nodiscard]] std::uint32_t quantity(std::uint32_t index) const { return cpu.quantity(index); }
    [[nodiscard]] std::uint32_t family() const { return cpu.family(); }
    [[nodiscard]] std::uint32_t model() const { return cpu.model(); }
    [[nodiscard]] std::uint32_t stepping() const { return cpu.stepping(); }
    [[nodiscard]] std::uint64_t self_bits(int msb, int lsb) const { return catalogue::extract(value, msb, lsb); }
    [[nodiscard]] std::optional<std::uint64_t> register_bits(std::uint32_t address, int msb, int lsb) const {
        return cpu.register_bits(address, msb, lsb);
    }
};

}  // namespace msr::profile
