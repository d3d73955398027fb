// The report's two printers.
#pragma once

#include <string>

#include "tools/msr/report/tree.hpp"
#include "tools/msr/values.hpp"

namespace tool::report {

/// For a screen of 120 columns; `colour` marks titles and findings with escape sequences.
[[nodiscard]] std::string to_text(const document& from, bool colour);

/// {"notice": …, "source": …, "sections": {"system_calls": {"title": …, "rows": [{"label": …}]}}}
[[nodiscard]] json to_json(const document& from);

}  // namespace tool::report
