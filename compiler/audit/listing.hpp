// Claims from the listing of coreboot's msrtool (`msrtool -kl`): registers and bit fields of its targets, as comments
// in front of each address.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "compiler/audit/claims.hpp"

namespace msr::audit {

[[nodiscard]] std::vector<claim> read_msrtool_listing(const std::filesystem::path& file, problems& found);

/// The listing's text; problems call it `file`.
[[nodiscard]] std::vector<claim> parse_msrtool_listing(const std::string& file, std::string_view text, problems& found);

}  // namespace msr::audit
