// Intercept policies from files.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "msr/catalogue/load/document.hpp"
#include "msr/catalogue/load/store.hpp"

namespace msr::catalogue::load {

/// Whether the document is an intercept policy, which has a form of its own.
[[nodiscard]] bool is_policy(const document& file);

/// Reads policies, whose schema has been checked, by the names of `into`, and adds them to those of `base`. One may
/// extend any other.
void read_policies(const std::vector<document>& files, const tables& base, store& keep, tables& into, problems& found);

using registers_or_error = std::expected<std::vector<policy_registers>, std::string>;

/// All that a row's word stands for: a register or the members of a family, an address, or a range as 0x800-0x83F.
/// Errors: a sentence.
[[nodiscard]] registers_or_error parse_registers(const std::string& words, const tables& facts, store& keep);

struct row_conflict {
    std::string why;
    bool certain = true;  // false: the conditions name too many facts to find out whether both can hold at once
};

/// Where two rows contradict each other: what of the later one, or nothing. They do if one passes what the other
/// intercepts and both can hold at once, or if both pass it and only one of them consults the filter.
[[nodiscard]] std::optional<row_conflict> contradiction(const policy_row& earlier, const policy_row& later);

/// Whether the two have an address in common.
[[nodiscard]] bool overlap(const policy_registers& one, const policy_registers& other);

}  // namespace msr::catalogue::load
