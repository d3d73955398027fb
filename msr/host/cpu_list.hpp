// Lists of CPUs in the kernel's form: "0-3,8".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "msr/host/error.hpp"

namespace msr::host {

/// One more than the greatest CPU number: what Linux on x86 can be built for.
inline constexpr std::uint32_t cpu_limit = 8192;

/// The CPUs of a list, ascending, each once. A trailing newline, as in the kernel's files, is allowed.
/// Errors (bad_input) quote the part that is wrong.
[[nodiscard]] outcome<std::vector<std::uint32_t>> parse_cpu_list(std::string_view list);

/// The shortest list that names these CPUs, given ascending: {0, 1, 2, 8} is "0-2,8".
[[nodiscard]] std::string format_cpu_list(std::span<const std::uint32_t> cpus);

}  // namespace msr::host
