// What a report says, before it is printed: sections of rows, each row with the bits that say it. One tree, two
// printers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool::report {

/// One fact that a register or CPUID holds: IA32_EFER, SCE, 1; or CPUID.07H.0:EDX[10], MD_CLEAR, 1.
struct evidence {
    std::string where;
    std::string field;
    std::string value;
    std::vector<std::uint32_t> cpus = {};  // those that say so, where others say otherwise

    friend bool operator==(const evidence&, const evidence&) = default;
};

struct row {
    std::string label;
    std::string text;
    std::vector<evidence> says = {};
    std::string note = {};
    std::vector<std::string> names = {};  // of the registers that it is about; a screen shows them if they are few
    bool finding = false;                 // something a person should look at
    /// A value that changes by itself is shown of one CPU only: of the one where this number is highest.
    std::optional<double> sample = {};
    /// The CPUs that it is true for; empty: all of them.
    std::vector<std::uint32_t> cpus = {};
};

struct section {
    std::string_view key;  // in JSON
    std::string_view title;
    std::vector<row> rows = {};
};

struct document {
    std::string first_line;
    std::string source;        // linux, kvm or snapshot
    bool virtual_cpu = false;  // the values are a virtual CPU's: they say nothing of the host
    bool recorded = false;
    std::vector<std::uint32_t> cpus = {};
    std::vector<section> sections = {};
    bool anything_read = false;
};

}  // namespace tool::report
