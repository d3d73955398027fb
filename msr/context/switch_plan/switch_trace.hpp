// What happened on CPUs, switch by switch, as far as registers go: docs/switch-traces.md describes the text.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "msr/catalogue/model.hpp"
#include "msr/context/mistake.hpp"
#include "msr/profile/profile.hpp"

namespace msr::context {

enum class switch_event : std::uint8_t {
    switch_to,  // a task runs
    load,       // a guest's registers are needed: it is entered next
    put,        // they are no longer
    user,       // the way to user mode
    enter,      // a system call
    exit,       // and its end, on the way to user mode
    write,      // by itself
};

/// How an event is called in the text.
[[nodiscard]] text to_string(switch_event one);

using register_values = std::vector<profile::known_register>;

struct traced_event {
    switch_event what = switch_event::user;
    std::uint16_t cpu = 0;
    std::uint32_t who = 0;      // a task's or a guest's number
    register_values registers;  // as they are written; for a task or a guest, its values from now on
    int line = 0;
};

struct traced_set {
    std::string name;
    register_values registers;  // addresses ascend
};

struct switch_trace {
    std::string recorded;   // where it was recorded: then what is written in events is what really was
    register_values host;   // user mode's values of what tasks do not have; addresses ascend
    register_values entry;  // what a system call writes, in its order
    register_values exit;
    std::vector<traced_set> tasks;
    std::vector<traced_set> guests;
    std::vector<traced_event> events;

    /// Every register that is named, each once; they ascend.
    [[nodiscard]] std::vector<std::uint32_t> addresses() const;
};

inline constexpr std::uint32_t most_traced_cpus = 4096;
/// More registers than that are not told apart by one trace.
inline constexpr std::size_t most_traced_registers = 256;

/// Reads a trace. Registers are called by the catalogue's names or by their addresses. Only the first mistake is told.
[[nodiscard]] std::expected<switch_trace, mistake> read_switch_trace(std::string_view text,
                                                                     const catalogue::tables& facts);

/// A set with values put in, where they belong or instead of those that it has.
void assign(register_values& set, const register_values& values);

/// The value in a sorted set; null where it has none.
[[nodiscard]] const profile::known_register* find_register(const register_values& set, std::uint32_t address);

}  // namespace msr::context
