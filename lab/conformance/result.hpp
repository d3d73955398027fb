// What came of a comparison, as a file, and all such files as two pages.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lab/conformance/compare.hpp"
#include "lab/conformance/lists.hpp"
#include "lab/conformance/mutate.hpp"

namespace conformance {

using json = nlohmann::ordered_json;

/// `oracle` is the name by which the pages call it; `known` the survivors that nothing more is expected of.
[[nodiscard]] json to_json(const std::string& oracle, const msr::catalogue::tables& facts,
                           const msr::catalogue::model_entry* model, const comparison& of,
                           const std::vector<mutant>& mutants, const std::vector<known_survivor>& known);

/// Nothing is unexplained, and every mutant was caught or is known not to be.
[[nodiscard]] bool is_good(const json& result);

/// docs/conformance.md: a row for each oracle; and of what lab/tests/intercepts.sh kept, a row for each phase.
[[nodiscard]] std::string conformance_page(std::span<const json> results, std::span<const json> intercepts);

/// docs/differences.md: every row of every model, with how many cases it explained.
[[nodiscard]] std::string differences_page(const msr::catalogue::tables& facts, std::span<const json> results);

/// The manual's name of the register at an address, or the address.
[[nodiscard]] std::string name_at(const msr::catalogue::tables& facts, std::uint32_t address);

}  // namespace conformance
