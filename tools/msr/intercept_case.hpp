// An intercept policy on a host and a guest, with the virtual machine's settings and the guest's states: what is
// decided, and by which rows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "msr/virt/owned_policy_table.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/kvm_filter.hpp"
#include "tools/msr/session.hpp"

namespace tool {

/// What names a case on the command line.
struct intercept_names {
    std::string policy;                 // a policy of the catalogue, or a file
    std::string guest;                  // a CPU as --profile names them
    std::vector<std::string> features;  // changes of the guest
    std::string host;                   // empty: the guest's CPU without the changes
    std::string vendor;                 // vmx, svm; empty: what the policy is for, or the host has
    std::string filter;                 // a file; empty: none
    std::vector<std::string> set;       // settings and states that hold
    std::string catalogue;
    std::string from = "auto";  // where CPUs that are not named come from
};

/// All that conditions are asked of.
struct policy_moment {
    const msr::virt::policy_inputs& inputs;
    std::uint64_t states;

    [[nodiscard]] const profile::profile& cpu(catalogue::subject whose) const { return inputs.cpu(whose); }
    [[nodiscard]] bool setting(std::uint32_t index) const { return inputs.setting(index); }
    [[nodiscard]] bool state(std::uint32_t index) const { return (states >> index & 1U) != 0; }
};

/// What one row says of an access.
struct row_verdict {
    const catalogue::policy_row* row = nullptr;
    catalogue::holds condition = catalogue::holds::no;
    std::optional<std::uint32_t> beyond;  // the row is about fewer members of the family: so many
    [[nodiscard]] bool counts() const { return condition == catalogue::holds::yes && !beyond; }
};

class intercept_case {
  public:
    [[nodiscard]] static host::outcome<std::unique_ptr<intercept_case>> open(const intercept_names& names);

    [[nodiscard]] const catalogue::tables& facts() const { return *facts_; }
    [[nodiscard]] const catalogue::policy_entry& policy() const { return *policy_; }
    [[nodiscard]] bool on_svm() const { return svm_; }
    [[nodiscard]] const cpu_description& host_cpu() const { return host_cpu_; }
    [[nodiscard]] const cpu_description& guest_cpu() const { return guest_cpu_; }
    /// "with +fred": how the guest differs from the CPU that it is called by.
    [[nodiscard]] const std::string& guest_changes() const { return guest_changes_; }
    [[nodiscard]] std::vector<std::string> inputs_set() const;
    /// Why the case can hardly be meant: a CPU with the other vendor's extension; empty where nothing speaks against
    /// it.
    [[nodiscard]] std::string doubt() const;

    /// Whether the access exits, by the map.
    [[nodiscard]] bool exits(std::uint32_t index, msr::direction access) const;
    [[nodiscard]] bool covered(std::uint32_t index) const;
    /// The map's bytes, as the CPU reads them.
    [[nodiscard]] std::string_view map_bytes() const;

    /// The rows about an access, in the policy's order.
    [[nodiscard]] std::vector<row_verdict> rows_of(std::uint32_t index, msr::direction access) const;
    /// The row that lets the access pass; null for one that exits.
    [[nodiscard]] const catalogue::policy_row* passing_row(std::uint32_t index, msr::direction access) const;
    /// Why an access passes or exits, in a sentence.
    [[nodiscard]] std::string why(std::uint32_t index, msr::direction access) const;

    /// What the filter says of an access, and which part of it; empty without a filter.
    [[nodiscard]] std::string filter_words(std::uint32_t index, msr::direction access) const;

    /// Parts of a condition that all have to hold, each with whether it does, and what was found of its facts.
    struct part {
        std::string words;
        catalogue::holds is;
        std::string found;
    };
    [[nodiscard]] std::vector<part> parts_of(catalogue::expression condition) const;

    /// Every address that a row is about, sorted.
    [[nodiscard]] std::vector<std::uint32_t> addresses() const;

  private:
    intercept_case() = default;
    host::outcome<void> find_policy(const intercept_names& names);
    host::outcome<void> find_cpus(const intercept_names& names);
    host::outcome<void> choose_map(const intercept_names& names);
    host::outcome<void> set_inputs(const intercept_names& names);
    host::outcome<void> load_filter(const intercept_names& names);
    void decide();
    [[nodiscard]] std::string fact_words(const catalogue::instruction& step) const;

    std::optional<tool::facts> base_;
    std::optional<catalogue::load::loaded_catalogue> own_;  // with the user's policy
    const catalogue::tables* facts_ = nullptr;
    const catalogue::policy_entry* policy_ = nullptr;
    cpu_description host_cpu_;
    cpu_description guest_cpu_;
    std::optional<profile::profile> host_;
    std::optional<profile::profile> guest_;
    std::string guest_changes_;
    std::optional<owned_kvm_filter> filter_;
    bool svm_ = false;
    std::uint64_t settings_ = 0;
    std::uint64_t states_ = 0;
    std::variant<msr::virt::vmx::msr_bitmap, msr::virt::svm::msr_permission_map> map_;
};

}  // namespace tool
