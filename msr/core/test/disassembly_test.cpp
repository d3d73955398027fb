// Typed access costs nothing: its instructions are those of the same access by hand, register for register.
#include "msr/core/test/disassembly.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <unistd.h>

namespace msr::test {
namespace {

class disassembly : public testing::TestWithParam<std::string> {};

TEST_P(disassembly, typed_access_is_access_by_hand) {
    const auto& compiler = GetParam();
    const auto object = testing::TempDir() + "accesses_" + std::to_string(getpid()) + plain(compiler) + ".o";
    const auto built =
        run(compiler + freestanding_flags + "-O2 -c " + core_directory + "test/accesses.cpp -o " + object);
    ASSERT_EQ(built.status, 0) << built.output;
    const auto code = disassemble(object);
    std::remove(object.c_str());
    expect_typed_as_by_hand(code);
    // A read can have effects of its own, a fault above all: it is made even if nobody looks at the value.
    EXPECT_TRUE(std::ranges::count(code.at("kept_reads"), "rdmsr") == 1);
    EXPECT_GT(code.at("kept_reads").size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(core, disassembly, testing::ValuesIn(compilers),
                         [](const auto& test) { return plain(test.param); });

}  // namespace
}  // namespace msr::test
