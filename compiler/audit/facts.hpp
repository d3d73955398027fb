// Claims from tables of tab-separated values: addresses.tsv, fields.tsv and models.tsv in one folder. Any of them may
// be missing; their first lines name the columns.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "compiler/audit/claims.hpp"

namespace msr::audit {

/// Reads the tables of a folder that has at least one of them; every problem names its line.
[[nodiscard]] std::vector<claim> read_facts(const std::filesystem::path& folder, problems& found);

/// One table's text; `file` is its name, which says its form.
void read_table(const std::string& file, std::string_view text, std::vector<claim>& into, problems& found);

/// Notes at every claim of a field what its source calls the registers at that address.
void name_registers(std::vector<claim>& claims);

}  // namespace msr::audit
