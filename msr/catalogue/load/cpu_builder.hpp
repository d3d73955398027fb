// A CPU's CPUID put together from facts by the catalogue's names, beside leaves as they are. What was said once cannot
// be said otherwise, so that no bit depends on the order of the facts.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "msr/catalogue/cpu_version.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::catalogue::load {

/// A CPU with what it points to.
struct cpu_description {
    std::string name;
    std::string title;
    std::vector<cpuid_leaf> cpuid;          // by leaf and sub-leaf
    std::vector<known_register> registers;  // by address
    std::vector<std::string> sources;

    friend bool operator==(const cpu_description&, const cpu_description&) = default;
};

class cpu_builder {
  public:
    /// The error is a sentence.
    using outcome = std::expected<void, std::string>;

    /// Starts from a CPU's leaves, whose bits may be changed, or from none.
    explicit cpu_builder(const tables& facts, view<cpuid_leaf> from = {});

    /// A leaf as it is: all its bits are said.
    [[nodiscard]] outcome leaf(const cpuid_leaf& one);
    [[nodiscard]] outcome vendor(std::string_view name);
    [[nodiscard]] outcome version(const catalogue::version& wanted);
    [[nodiscard]] outcome quantity(std::string_view name, std::uint64_t value);
    /// Only a feature with a bit of its own: what follows from others, or is a hypervisor's, cannot be chosen.
    [[nodiscard]] outcome feature(std::string_view name, bool present);

    /// A feature that was chosen, and what it wants of others that is not so.
    struct unmet {
        std::string feature;
        std::string message;
        std::string lacks;  // what it wants; empty if it is the one that is wanted and was left out
    };
    /// Prerequisites are looked at where features were chosen: leaves as they are show what a machine showed.
    [[nodiscard]] std::vector<unmet> unmet_prerequisites() const;

    [[nodiscard]] std::vector<cpuid_leaf> leaves() const;

  private:
    struct built_leaf {
        cpuid_answer value;
        cpuid_answer said;  // a one for each bit that must stay
    };

    [[nodiscard]] outcome say(std::string_view what, const cpuid_bits& where, std::uint32_t value);
    [[nodiscard]] bool has(std::uint16_t feature) const;

    const tables* facts_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, built_leaf> leaves_;
    std::map<std::uint16_t, bool> chosen_;
};

}  // namespace msr::catalogue::load
