// The parts of msr switch: one file each.
#pragma once

#include <span>
#include <string>

#include "msr/context/switch_plan/simulate.hpp"
#include "tools/msr/session.hpp"

namespace tool {

exit_code switch_plan(int argc, char** argv);
exit_code switch_record(int argc, char** argv);
exit_code switch_simulate(int argc, char** argv);

/// The largest trace that is read.
inline constexpr std::size_t largest_switch_trace = std::size_t{1} << 28U;

/// The bits of IA32_XSS as the option --xss has them: a number.
[[nodiscard]] host::outcome<std::uint64_t> parse_xss(const std::string& words);

/// A plot of the writes per switch, a bar for each strategy, as a file of SVG.
[[nodiscard]] std::string switch_plot(std::string_view title, std::span<const msr::context::switch_totals> all,
                                      double switches);

}  // namespace tool
