// What msr cost measured, as text and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "msr/host/cost_meter.hpp"
#include "tools/msr/values.hpp"

namespace tool {

struct measured_register {
    std::string name;
    std::uint32_t address = 0;
    msr::result<host::read_cost> read;
    std::optional<msr::result<host::call_cost>> write;
    std::string why_not_written;  // where a write was asked for, and not made
};

struct measured_cpu {
    std::uint32_t number = 0;
    std::optional<std::uint32_t> other;       // where interrupts came from
    bool is_virtual = false;                  // CPUID tells of a hypervisor
    bool has_steady_clock = false;            // the time-stamp counter is invariant
    std::optional<host::spread> system_call;  // all in cycles
    std::optional<double> context_switch;
    std::optional<double> driver_share;  // of a value
    std::vector<measured_register> registers;

    /// What a call takes besides its values, in cycles: the system call and the driver's way in and out.
    [[nodiscard]] double call_share() const;
};

struct cost_report {
    std::string source;
    double cycles_per_ns = 1;
    std::size_t runs = 0;
    std::size_t values = 0;  // in the longer of the calls
    bool writes = false;     // were asked for
    std::vector<measured_cpu> cpus;
};

/// What an instruction alone takes, as far as the driver's share is known and the measurements are sharp enough.
[[nodiscard]] std::optional<double> without_driver(const host::spread& value, const measured_cpu& on);

void print_cost(const cost_report& report, const host::machine& machine);
[[nodiscard]] json cost_json(const cost_report& report, const host::machine& machine);

}  // namespace tool
