// Instructions given as bytes are those of the manual, and those of an assembler that knows them.
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "msr/core/test/toolchain.hpp"

namespace msr::test {
namespace {

// The bytes of an object's function, in hexadecimal, without spaces.
std::string bytes_of(const std::string& object, const std::string& function) {
    std::istringstream lines{run("objdump --insn-width=16 --disassemble=" + function + " " + object).output};
    std::string all;
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(":\t");
        if (first == std::string::npos) continue;
        const auto last = line.find('\t', first + 2);
        for (const char letter : line.substr(first + 2, last - first - 2))
            if (letter != ' ') all += letter;
    }
    return all;
}

std::string compile(const std::string& compiler, const std::string& source, const std::string& name) {
    auto object = testing::TempDir() + name + std::to_string(getpid()) + ".o";
    const auto built = run(compiler + freestanding_flags + "-O2 -c -x c++ " + source + " -o " + object);
    EXPECT_EQ(built.status, 0) << built.output;
    return object;
}

// VEX.128.pp.MAP7.W0 F6 /0 id, of RAX and 12345678H: three bytes of prefix whose first four fields are inverted (SDM
// volume 2, 2.3.5).
std::string vex_map7(unsigned simd_prefix) {
    constexpr unsigned no_registers_extended = 0b111;
    constexpr unsigned map = 7;
    constexpr unsigned no_second_source = 0b1111;
    constexpr unsigned mod_registers_digit_0_rax = 0b11'000'000;
    char text[32];
    std::snprintf(text, sizeof text, "c4%02x%02xf6%02x78563412", no_registers_extended << 5 | map,
                  no_second_source << 3 | simd_prefix, mod_registers_digit_0_rax);
    return text;
}

struct encoding {
    const char* function;
    const char* assembly;  // for the assembler of clang 19; null: it does not know the instruction
    std::string opcode;    // as the manual's opcode column has it
};

// What begins without a mandatory prefix ("NP") is another instruction behind one.
bool contains(const std::string& code, const std::string& opcode) {
    if (opcode.starts_with("0f")) {
        for (const char* prefix : {"66", "f2", "f3"})
            if (code.find(prefix + opcode) != std::string::npos) return false;
    }
    return code.find(opcode) != std::string::npos;
}

class encodings : public testing::TestWithParam<std::string> {};

TEST_P(encodings, are_the_manuals_and_the_assemblers) {
    constexpr unsigned f3 = 2;
    constexpr unsigned f2 = 3;
    const encoding all[]{
        {"with_wrmsrns", "wrmsrns", "0f01c6"},        // NP 0F 01 C6
        {"with_rdmsrlist", "rdmsrlist", "f20f01c6"},  // F2 0F 01 C6
        {"with_wrmsrlist", "wrmsrlist", "f30f01c6"},  // F3 0F 01 C6
        {"with_lkgs", "lkgs %di", "f20f00f7"},        // F2 0F 00 /6, of DI
        {"with_rdmsr_immediate", nullptr, vex_map7(f2)}, {"with_wrmsrns_immediate", nullptr, vex_map7(f3)},
    };
    const auto ours = compile(GetParam(), core_directory + "test/encodings.cpp", "encodings_" + plain(GetParam()));
    for (const auto& one : all) {
        EXPECT_TRUE(contains(bytes_of(ours, one.function), one.opcode)) << one.function;
        if (one.assembly == nullptr) continue;
        const auto source = testing::TempDir() + "assembly_" + std::to_string(getpid()) + ".cpp";
        ASSERT_EQ(run("echo 'asm(\"assembled: " + std::string{one.assembly} + "\");' >" + source).status, 0);
        const auto theirs = compile(compilers[1], source, "assembly_");
        EXPECT_EQ(bytes_of(theirs, "assembled"), one.opcode) << one.assembly;
        std::remove(source.c_str());
        std::remove(theirs.c_str());
    }
    std::remove(ours.c_str());
}

INSTANTIATE_TEST_SUITE_P(core, encodings, testing::ValuesIn(compilers),
                         [](const auto& test) { return plain(test.param); });

}  // namespace
}  // namespace msr::test
