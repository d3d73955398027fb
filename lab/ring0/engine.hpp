// The engine in ring 0: what CPU this is, and what its registers, or a guest's, will do. Freestanding.
#pragma once

#include <cstddef>
#include <optional>

#include "msr/core/view.hpp"
#include "msr/profile/profile.hpp"
#include "msr/profile/register_table.hpp"
#include "msr/virt/guest.hpp"

namespace msr::ring0 {

/// What runs the image.
enum class machine : std::uint8_t { bochs, qemu, other };
[[nodiscard]] machine this_machine();

/// A CPU's description, and the room that it needs.
class description {
  public:
    /// This CPU: all of CPUID, and the registers that only report.
    void read_this_cpu();
    /// The CPU that a guest of ours is shown: another one's without a feature, by its name in the catalogue.
    void copy_without(const description& other, text feature);

    [[nodiscard]] const profile::profile& cpu() const { return *cpu_; }
    [[nodiscard]] profile::cpuid_answer cpuid(std::uint32_t leaf, std::uint32_t subleaf) const;

  private:
    void hide(text feature);
    void read_reporting_registers();
    void describe();

    static constexpr std::size_t most_leaves = 512;
    static constexpr std::size_t most_registers = 512;
    profile::cpuid_leaf leaves_[most_leaves];
    profile::known_register known_[most_registers];
    std::size_t leaf_count_ = 0;
    std::size_t known_count_ = 0;
    std::optional<profile::profile> cpu_;
};

/// A virtual CPU's registers, in memory that is taken once and kept.
class engine {
  public:
    void start(const description& of, text model = {}, view<std::uint32_t> backed = {}, virt::backing elsewhere = {});

    [[nodiscard]] virt::guest& registers() { return *guest_; }
    [[nodiscard]] const profile::register_table& table() const { return table_; }

    /// What a register holds now, without asking whether it may.
    void hold(std::uint32_t address, std::uint64_t value);
    /// Holds what this CPU's registers hold.
    void take_over_this_cpu();

  private:
    std::optional<profile::profile> cpu_;
    profile::register_table table_;
    std::optional<virt::guest> guest_;
};

}  // namespace msr::ring0
