#include "tools/msr/report/kernel_entry.hpp"

#include <charconv>
#include <fstream>
#include <string_view>

namespace tool::report {

// A line is "ffffffff82200000 T entry_SYSCALL_64", in modules with "\t[module]" behind it.
kernel_entry find_kernel_entry(const std::filesystem::path& kallsyms) {
    std::ifstream lines{kallsyms};
    if (!lines) return {.why_unknown = "there is no " + kallsyms.string() + " to compare with"};
    std::uint64_t address = 0;
    bool found = false;
    for (std::string line; std::getline(lines, line);) {
        const std::string_view words = line;
        // Kernels 4.15 to 4.19 enter through a copy that each CPU has for itself, which no symbol names.
        if (words.ends_with(" entry_SYSCALL_64_trampoline"))
            return {.why_unknown = "this kernel enters through a trampoline of each CPU"};
        if (!words.ends_with(" entry_SYSCALL_64")) continue;
        found = std::from_chars(words.data(), words.data() + words.size(), address, 16).ec == std::errc{};
    }
    if (!found) return {.why_unknown = kallsyms.string() + " does not name entry_SYSCALL_64"};
    if (address == 0) return {.why_unknown = kallsyms.string() + " hides its addresses from this user"};
    return {.address = address, .why_unknown = {}};
}

}  // namespace tool::report
