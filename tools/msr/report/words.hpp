// How topics and meanings put things: each said once, for the report and for the reader of a single value.
#pragma once

#include "tools/msr/report/meaning.hpp"

namespace tool::report {

// ---- machine check

/// What a bank's status register says: "a corrected error: memory controller, read, channel 1". `code` names its field
/// of the error code.
[[nodiscard]] std::string error_in_words(const register_view& status, std::string_view code, std::uint32_t bank,
                                         const cpu_values& cpu);

[[nodiscard]] sentences tell_machine_check_state(const subject& about);
[[nodiscard]] sentences tell_bank_status(const subject& about);
[[nodiscard]] sentences tell_bank_address_kind(const subject& about);
[[nodiscard]] sentences tell_deferred_error(const subject& about);
[[nodiscard]] sentences tell_bank_unit(const subject& about);

// ---- memory

/// "4 KiB": the largest unit that leaves no fraction.
[[nodiscard]] std::string bytes(std::uint64_t size);
/// "WB 0x0 + 64 MiB", of a pair of registers that hold base and mask.
[[nodiscard]] std::string range_in_words(const register_view& base, const register_view& mask);
/// "on; memory that no range covers is WB; fixed ranges on"
[[nodiscard]] std::string default_type_in_words(const register_view& defaults);
/// "entries 0 to 7: WB WC UC- UC WB WP UC- WT"
[[nodiscard]] std::string page_attributes_in_words(const register_view& pat);

[[nodiscard]] sentences tell_memory_range(const subject& about);
[[nodiscard]] sentences tell_fixed_ranges(const subject& about);
[[nodiscard]] sentences tell_default_type(const subject& about);
[[nodiscard]] sentences tell_page_attributes(const subject& about);

// ---- power and frequency

/// "65 W over 28 s on; 78 W over 2.4 ms off; locked until reset"
[[nodiscard]] std::string power_limits_in_words(const register_view& limits);
/// "45 °C; throttling begins at 100 °C": `below` is the sensor's distance from the target.
[[nodiscard]] std::string temperature_in_words(int below, const register_view& target);
/// What has throttled the CPU since the log was cleared, and the fields that say so.
[[nodiscard]] sentences throttling_causes(const register_view& status, sentences* fields = nullptr);

[[nodiscard]] sentences tell_temperature(const subject& about);
[[nodiscard]] sentences tell_throttling_temperature(const subject& about);
[[nodiscard]] sentences tell_power_limits(const subject& about);
[[nodiscard]] sentences tell_response_time(const subject& about);
[[nodiscard]] sentences tell_turbo(const subject& about);
[[nodiscard]] sentences tell_turbo_groups(const subject& about);

// ---- system

/// "kernel CS 0x10 SS 0x18; user SS 0x2b, CS 0x33 for 64-bit and 0x23 for 32-bit code"
[[nodiscard]] std::string selectors_in_words(const register_view& star);
/// "TF IF DF": flags of RFLAGS; "no flags"
[[nodiscard]] std::string flags_in_words(std::uint64_t mask);

[[nodiscard]] sentences tell_apic_mode(const subject& about);
[[nodiscard]] sentences tell_selectors(const subject& about);
[[nodiscard]] sentences tell_cleared_flags(const subject& about);
[[nodiscard]] sentences tell_counted_event(const subject& about);
[[nodiscard]] sentences tell_guest_clock(const subject& about);

}  // namespace tool::report
