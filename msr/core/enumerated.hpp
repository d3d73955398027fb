// Proof that a CPU has an instruction: what a CPU need not have cannot be executed without it. The proof is a value
// without contents, so it costs nothing where it is passed. Freestanding.
#pragma once

#include <concepts>
#include <optional>

#include "msr/core/view.hpp"

namespace msr {

/// Whatever knows a CPU's features by their names in the catalogue (catalogue/features.yaml, which has the CPUID bits):
/// profile::profile, or a kernel's own table.
template <class Cpu>
concept knows_features = requires(const Cpu& cpu, text feature) {
    { cpu.has(feature) } -> std::same_as<bool>;
};

/// The features that bring instructions for registers and segment bases.
namespace features {
struct wrmsrns {
    static constexpr text name{"wrmsrns"};
};
struct msrlist {
    static constexpr text name{"msrlist"};
};
struct msr_imm {
    static constexpr text name{"msr_imm"};
};
struct lkgs {
    static constexpr text name{"lkgs"};
};
struct fsgsbase {  // and CR4.FSGSBASE must be set
    static constexpr text name{"fsgsbase"};
};
}  // namespace features

/// CPUID enumerates `Feature`.
template <class Feature>
class enumerated {
  public:
    /// Asks the CPU; nothing if it does not have the feature.
    template <knows_features Cpu>
    [[nodiscard]] static constexpr std::optional<enumerated> by(const Cpu& cpu) {
        if (!cpu.has(Feature::name)) return std::nullopt;
        return enumerated{};
    }

    /// For code that is reached on such CPUs only, as by a kernel that patches its instructions at boot. The caller
    /// answers for it: on another CPU the instruction raises #UD.
    [[nodiscard]] static constexpr enumerated vouched_for() { return enumerated{}; }

  private:
    constexpr enumerated() = default;
};

}  // namespace msr
