// The core and all generated registers in a kernel's conditions: nothing but memcpy and memset is asked of the image,
// and nothing runs before its entry point.
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "msr/core/test/toolchain.hpp"

namespace msr::test {
namespace {

void expect_no_symbol_but_memcpy_and_memset(const std::string& object) {
    std::istringstream lines{run("nm --undefined-only --format=just-symbols " + object).output};
    for (std::string symbol; std::getline(lines, symbol);) {
        // The bounds of the recovery table come from the linker itself.
        const bool of_linker = symbol == "__start___msr_recovery" || symbol == "__stop___msr_recovery";
        EXPECT_TRUE(of_linker || symbol == "memcpy" || symbol == "memset") << symbol;
    }
}

void expect_no_run_time_initialisers(const std::string& object) {
    const auto sections = run("objdump --section-headers " + object).output;
    EXPECT_NE(sections.find(".text"), std::string::npos) << "nothing was compiled";
    for (const auto* section : {".init_array", ".ctors", ".tbss", ".tdata"}) {
        EXPECT_EQ(sections.find(section), std::string::npos) << sections;
    }
}

void expect_recovery_of_each_access(const std::string& object) {
    const auto relocations = run("objdump --reloc --section=__msr_recovery " + object).output;
    EXPECT_NE(relocations.find("R_X86_64_PC32"), std::string::npos) << "no entry, or one that must be relocated";
}

class freestanding : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(freestanding, asks_nothing_of_the_image) {
    const auto& [compiler, level] = GetParam();
    const auto object = testing::TempDir() + "freestanding_" + std::to_string(getpid()) + plain(compiler) + ".o";
    const auto source = core_directory + "test/freestanding.cpp";
    const auto built = run(compiler + freestanding_flags + level + " -c " + source + " -o " + object);
    ASSERT_EQ(built.status, 0) << built.output;
    expect_no_symbol_but_memcpy_and_memset(object);
    expect_no_run_time_initialisers(object);
    expect_recovery_of_each_access(object);
    std::remove(object.c_str());
}

INSTANTIATE_TEST_SUITE_P(core, freestanding,
                         testing::Combine(testing::ValuesIn(compilers), testing::Values("-O0", "-O2", "-Os")),
                         [](const auto& test) {
                             return plain(std::get<0>(test.param)) + plain(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace msr::test
