// What a verb works with: the catalogue (with the user's overlay), a source of values, and a profile for each CPU.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "msr/catalogue/load/loader.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/host/machine.hpp"
#include "msr/profile/profile.hpp"
#include "tools/msr/options.hpp"

namespace tool {

namespace catalogue = msr::catalogue;
namespace host = msr::host;
namespace profile = msr::profile;

/// The built-in tables, or those with the user's folder on top.
class facts {
  public:
    /// The error names file and line of every problem, one a line.
    [[nodiscard]] static host::outcome<facts> load(const std::string& folder);
    [[nodiscard]] const catalogue::tables& operator*() const;

  private:
    std::optional<catalogue::load::loaded_catalogue> overlay_;
};

/// What conditions and formulas of the catalogue refer to: the registers that announce capabilities, and units.
[[nodiscard]] std::set<std::uint32_t> referred_addresses(const catalogue::tables& facts);

class session {
  public:
    /// Opens the source and selects the CPUs. A profile is a source too: one CPU of which no values can be read. With
    /// `auto` and no device at all, `fallback` allows the recorded machine.
    [[nodiscard]] static host::outcome<session> open(const common_options& options, bool fallback = false);

    [[nodiscard]] const catalogue::tables& facts() const { return *facts_; }
    [[nodiscard]] host::machine& machine() const { return *machine_; }
    [[nodiscard]] std::span<const std::uint32_t> cpus() const { return cpus_; }
    /// CPUs that were asked for and cannot be read, in words; empty if there are none.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }
    /// The values are of the machine recorded in msrkit itself.
    [[nodiscard]] bool recorded_in_tool() const { return !why_recorded_.empty(); }
    /// Why no device could be read instead.
    [[nodiscard]] const std::string& why_recorded() const { return why_recorded_; }

    /// Reads what the conditions and formulas of these entries refer to, so that profiles can answer them.
    void learn(std::span<const catalogue::register_entry* const> entries);
    void learn_all();

    /// The CPU as the catalogue's conditions see it, with what was learnt so far.
    [[nodiscard]] const profile::profile& cpu(std::uint32_t number) const { return profiles_.at(number); }

  private:
    session() = default;
    void learn_addresses(const std::set<std::uint32_t>& addresses);

    std::unique_ptr<tool::facts> facts_holder_;
    const catalogue::tables* facts_ = nullptr;
    std::unique_ptr<host::machine> machine_;
    std::vector<std::uint32_t> cpus_;
    std::string complaint_;
    std::string why_recorded_;
    std::set<std::uint32_t> asked_;
    std::map<std::uint32_t, std::vector<profile::known_register>> known_;  // by CPU
    std::map<std::uint32_t, profile::profile> profiles_;
};

/// The entry, of those that share a name or address, that stands on this CPU: one that exists, or else may exist.
[[nodiscard]] const catalogue::target* on_cpu(std::span<const catalogue::target> candidates,
                                              const profile::profile& cpu);

}  // namespace tool
