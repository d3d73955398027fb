// Where the running kernel says that its system calls begin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tool::report {

struct kernel_entry {
    std::uint64_t address = 0;  // of entry_SYSCALL_64; 0: not known
    std::string why_unknown = "not this machine's kernel";
};

[[nodiscard]] kernel_entry find_kernel_entry(const std::filesystem::path& kallsyms = "/proc/kallsyms");

}  // namespace tool::report
