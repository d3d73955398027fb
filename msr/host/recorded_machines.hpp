// For tests: machines that were recorded in the labs, as files of the source tree. tools/msr/report/testdata/README.md
// says where they come from.
#pragma once

namespace msr::host {

inline constexpr auto haswell = "tools/msr/report/testdata/bochs-haswell.json";
inline constexpr auto epyc = "tools/msr/report/testdata/qemu-epyc.json";
inline constexpr auto tiger_lake = "tools/msr/recorded_machine.json";

}  // namespace msr::host
