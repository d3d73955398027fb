// Tests of what the compilers make of the library: its files are compiled by both, as a kernel would.
#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace msr::test {

struct outcome {
    int status = -1;
    std::string output;  // standard output and standard error
};

inline outcome run(const std::string& command) {
    outcome result;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");  // NOLINT(cert-env33-c): our own command
    if (pipe == nullptr) return result;
    std::array<char, 4096> buffer{};
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        result.output.append(buffer.data(), count);
    result.status = pclose(pipe);
    return result;
}

/// The compilers that the library is promised to, and how a kernel calls them. Set by CMake.
inline const std::array<std::string, 2> compilers{MSRKIT_GCC, MSRKIT_CLANG};
inline const std::string core_directory = MSRKIT_SOURCE_DIR "/msr/core/";
inline const std::string freestanding_flags =
    " -std=c++23 -ffreestanding -fno-exceptions -fno-rtti -mgeneral-regs-only -fno-pic -mcmodel=kernel "
    "-fno-stack-protector"
    " -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Werror"
    " -I" MSRKIT_SOURCE_DIR " -I" MSRKIT_GENERATED_DIR " ";

/// Letters, digits and _ only: for the name of a test or a file.
inline std::string plain(std::string name) {
    name.erase(0, name.rfind('/') + 1);
    for (auto& letter : name) {
        if ((letter < 'a' || letter > 'z') && (letter < 'A' || letter > 'Z') && (letter < '0' || letter > '9'))
            letter = '_';
    }
    return name;
}

}  // namespace msr::test
