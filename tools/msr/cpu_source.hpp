// The CPU that --profile and --features name: a known one, one in a file, or this machine's, with changes.
#pragma once

#include "msr/catalogue/load/cpu_builder.hpp"
#include "msr/host/error.hpp"
#include "tools/msr/options.hpp"

namespace tool {

using msr::catalogue::load::cpu_description;

/// `options.profile`: a name in the catalogue, a file (a profile, the output of cpuid -r, a snapshot), or host; empty
/// is host, the first CPU that --from and --cpus name. Then `options.features`, in any order.
[[nodiscard]] msr::host::outcome<cpu_description> find_cpu(const msr::catalogue::tables& facts,
                                                           const common_options& options);

}  // namespace tool
