// Typed access costs nothing: its instructions are those of the same access by hand, register for register.
#include <algorithm>
#include <map>
#include <regex>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "msr/core/test/toolchain.hpp"

namespace msr::test {
namespace {

using functions = std::map<std::string, std::vector<std::string>>;

// Instructions by function. Jumps within a function are written relative to its start; padding after it is left out.
functions disassemble(const std::string& object) {
    functions result;
    std::istringstream lines{run("objdump --disassemble --no-show-raw-insn --no-addresses " + object).output};
    const std::regex head{"^<(\\w+)>:$"};
    const std::regex padding{"^(nop|xchg +%ax,%ax|data16|cs nop).*"};
    const std::regex target{"<\\w+(\\+0x[0-9a-f]+)?>"};
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

class disassembly : public testing::TestWithParam<std::string> {};

TEST_P(disassembly, typed_access_is_access_by_hand) {
    const auto& compiler = GetParam();
    const auto object = testing::TempDir() + "accesses_" + std::to_string(getpid()) + plain(compiler) + ".o";
    const auto built =
        run(compiler + freestanding_flags + "-O2 -c " + core_directory + "test/accesses.cpp -o " + object);
    ASSERT_EQ(built.status, 0) << built.output;
    const auto code = disassemble(object);
    std::remove(object.c_str());
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
    // A read can have effects of its own, a fault above all: it is made even if nobody looks at the value.
    EXPECT_TRUE(std::ranges::count(code.at("kept_reads"), "rdmsr") == 1);
    EXPECT_GT(code.at("kept_reads").size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(core, disassembly, testing::ValuesIn(compilers),
                         [](const auto& test) { return plain(test.param); });

}  // namespace
}  // namespace msr::test
