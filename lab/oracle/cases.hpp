// Cases and answers as text, one a line, numbers hexadecimal without 0x.
//
//     guest ADDRESS VALUE         RDMSR, WRMSR of VALUE, RDMSR, WRMSR of what was read first; guest-keep: without the
//     last host ADDRESS VALUE          the same through KVM_GET_MSRS and KVM_SET_MSRS; host-keep likewise
//
// Answers: the CPU's leaves ("cpuid LEAF SUBLEAF EAX EBX ECX EDX"), then, in order, the case and OLD WRITE NEW RESTORE:
// OLD and NEW a number or "fault", the others "ok", "fault", or "-" for a restore that was not asked for or not
// possible.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lab/oracle/table.hpp"
#include "msr/host/error.hpp"

namespace msr::oracle {

struct test_case {
    bool by_host = false;
    bool keeps = false;
    std::uint32_t address = 0;
    std::uint64_t value = 0;

    friend bool operator==(const test_case&, const test_case&) = default;
};

/// Blank lines and those that begin with '#' are no cases. The error names the line.
[[nodiscard]] host::outcome<std::vector<test_case>> parse_cases(std::string_view text);
/// The lines that begin with "cpuid", of a file of answers or alone.
[[nodiscard]] host::outcome<std::vector<profile::cpuid_leaf>> parse_leaves(std::string_view text);

/// The same of a whole file; "-" is standard input.
[[nodiscard]] host::outcome<std::vector<test_case>> read_cases(const std::string& path);
[[nodiscard]] host::outcome<std::vector<profile::cpuid_leaf>> read_leaves(const std::string& path);

/// A case as it goes into the table.
[[nodiscard]] exchange untried(const test_case& one);

[[nodiscard]] std::string to_line(const test_case& one);
[[nodiscard]] std::string to_line(const test_case& one, const exchange& answer);
[[nodiscard]] std::string to_line(const profile::cpuid_leaf& leaf);
/// Why a machine stopped by itself.
[[nodiscard]] std::string describe(const unexpected_event& event);

/// A file's text; "-" is standard input.
[[nodiscard]] host::outcome<std::string> read_text(const std::string& path);
/// A line's words.
[[nodiscard]] std::vector<std::string_view> words(std::string_view line);
/// False, unless the word is a hexadecimal number that fits.
[[nodiscard]] bool parse_number(std::string_view word, std::uint64_t& number);
[[nodiscard]] bool parse_number(std::string_view word, std::uint32_t& number);
[[nodiscard]] bool parse_leaf(std::string_view line, profile::cpuid_leaf& leaf);

}  // namespace msr::oracle
