// The report's topics: what one CPU's registers say, a file each.
#pragma once

#include "tools/msr/report/cpu_values.hpp"
#include "tools/msr/report/kernel_entry.hpp"
#include "tools/msr/report/tree.hpp"

namespace tool::report {

/// What a topic has to know beside the CPU.
struct surroundings {
    bool virtual_cpu = false;  // the values are a virtual CPU's that no system runs on
    bool live = false;         // read now, on this machine
    kernel_entry kernel;       // meaningful on a live machine
};

using topic = section (*)(const cpu_values& cpu, const surroundings& where);

[[nodiscard]] section processor(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section system_calls(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section speculation(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section virtualization(const cpu_values& cpu, const surroundings& where);
/// Of the same, all that there is to say: for `msr vmx` and `msr svm`.
[[nodiscard]] section vmx_details(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section vmx_controls(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section svm_details(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section memory_types(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section time(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section power(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section debug(const cpu_values& cpu, const surroundings& where);
[[nodiscard]] section machine_check(const cpu_values& cpu, const surroundings& where);

}  // namespace tool::report
