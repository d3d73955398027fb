// `msr-catalogue audit`: the catalogue against lists that others have made.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compiler/audit/compare.hpp"

namespace msr::audit {

/// What to compare with; empty paths are left out.
struct lists {
    std::filesystem::path linux_headers;  // a folder of the kernel's headers
    std::filesystem::path msrtool;        // a file with what `msrtool -kl` prints
    std::filesystem::path facts;          // a folder of tables
};

/// Every claim of the lists; a problem for each line that is none.
[[nodiscard]] std::vector<claim> read_lists(const lists& which, problems& found);

struct report {
    std::string text;      // a table, and below it what is asked for and what is not settled
    bool settled = false;  // no conflict is left, and every verdict settles one
};

/// `listed`: of which outcome every claim is printed, too.
[[nodiscard]] report audit(const std::vector<claim>& claims, const catalogue::tables& facts,
                           const std::filesystem::path& verdicts, std::optional<outcome> listed, problems& found);

}  // namespace msr::audit
