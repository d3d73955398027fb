// Claims from the Linux kernel's headers: #defines of addresses, and of bits where it is certain whose bits they are.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "compiler/audit/claims.hpp"

namespace msr::audit {

/// Reads the headers that name MSRs below a kernel's folder (/usr/src/linux-headers-VERSION-common).
[[nodiscard]] std::vector<claim> read_linux_headers(const std::filesystem::path& folder, problems& found);

/// One header's text: addresses are what its #defines with one of the prefixes have, from `lowest` on.
struct header_form {
    const char* file;
    std::string_view prefix;
    std::uint32_t lowest = 0;
};
void read_header(const header_form& form, const std::string& file, std::string_view text, const std::string& source,
                 std::vector<claim>& into, problems& found);

}  // namespace msr::audit
