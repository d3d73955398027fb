// catalogue/verdicts.yaml: conflicts between the catalogue and independent lists that have been settled by the manuals.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "compiler/audit/compare.hpp"

namespace msr::audit {

struct verdict {
    std::set<std::string> sources;
    std::vector<std::uint32_t> addresses;
    std::vector<std::string> claims;  // as claim_text writes them
    std::string file;
    int line = 0;
};

/// Reads the file, which catalogue/verdicts_schema.json describes; every problem names its line.
[[nodiscard]] std::vector<verdict> read_verdicts(const std::filesystem::path& file, problems& found);

/// Which conflicts are settled, by their place in `all`; and as problems, verdicts that settle nothing: of what they
/// name, a source that was read makes no such claim, or none that the catalogue contradicts.
[[nodiscard]] std::set<std::size_t> settle(const std::vector<finding>& all, const std::vector<verdict>& verdicts,
                                           const std::set<std::string>& sources_read, problems& stale);

}  // namespace msr::audit
