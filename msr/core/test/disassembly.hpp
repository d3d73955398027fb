// The instructions of compiled functions, and the comparison of typed accesses with the same by hand.
#pragma once

#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "msr/core/test/toolchain.hpp"

namespace msr::test {

using functions = std::map<std::string, std::vector<std::string>>;

// Instructions by function. Jumps within a function are written relative to its start; padding after it is left out.
inline functions disassemble(const std::string& object) {
    functions result;
    std::istringstream lines{run("objdump --disassemble --no-show-raw-insn --no-addresses " + object).output};
    const std::regex head{"^<([\\w.]+)>:$"};
    const std::regex padding{"^(nop|xchg +%ax,%ax|data16|cs nop).*"};
    const std::regex target{"<[\\w.]+(\\+0x[0-9a-f]+)?>"};
    std::vector<std::string>* current = nullptr;
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, head)) {
            current = &result[match[1]];
        } else if (current != nullptr && line.starts_with('\t')) {
            const auto instruction = line.substr(1);
            if (!std::regex_match(instruction, padding))
                current->push_back(std::regex_replace(instruction, target, "start$1"));
        }
    }
    return result;
}

/// Every function typed_X of accesses.cpp has the instructions of manual_X.
inline void expect_typed_as_by_hand(const functions& code) {
    int compared = 0;
    for (const auto& [name, instructions] : code) {
        if (!name.starts_with("typed_")) continue;
        const auto manual = code.find("manual_" + name.substr(6));
        ASSERT_NE(manual, code.end()) << name << " has no counterpart";
        EXPECT_EQ(instructions, manual->second) << name;
        EXPECT_LT(instructions.size(), 24U) << name << " is far from a handful of instructions";
        ++compared;
    }
    EXPECT_GE(compared, 7);
}

}  // namespace msr::test
