// The engine in a kernel's conditions: profile, rules and virt, compiled as a hypervisor would, ask nothing of the
// image but memory functions and the catalogue's tables.
#include <filesystem>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "msr/core/test/toolchain.hpp"

namespace msr::test {
namespace {

const std::string source_directory = core_directory + "../../";

// Every source of the three folders, the examples that use them, the model of the segment bases, and switch plans.
std::set<std::string> sources() {
    std::set<std::string> result{source_directory + "examples/guest_intercepts.cpp",
                                 source_directory + "examples/guest_registers.cpp",
                                 source_directory + "examples/hypervisor_setup.cpp",
                                 source_directory + "msr/context/segment_bases/cpu.cpp",
                                 source_directory + "msr/context/switch_plan/plan.cpp",
                                 source_directory + "msr/context/switch_plan/rules.cpp",
                                 source_directory + "msr/context/switch_plan/trace_line.cpp"};
    for (const auto* folder : {"msr/profile", "msr/rules", "msr/virt"}) {
        for (const auto& file : std::filesystem::recursive_directory_iterator{source_directory + folder}) {
            const auto name = file.path().string();
            if (name.ends_with(".cpp") && !name.ends_with("_test.cpp")) result.insert(name);
        }
    }
    return result;
}

class freestanding : public testing::TestWithParam<std::string> {};

TEST_P(freestanding, asks_nothing_of_the_image) {
    const auto folder = testing::TempDir() + "freestanding_" + std::to_string(getpid()) + plain(GetParam());
    std::filesystem::create_directory(folder);
    int number = 0;
    for (const auto& source : sources()) {
        const auto object = folder + "/" + std::to_string(number++) + ".o";
        // A designated initialiser leaves the other members to their defaults on purpose.
        const auto built =
            run(GetParam() + freestanding_flags + "-Wno-missing-field-initializers -O2 -c " + source + " -o " + object);
        EXPECT_EQ(built.status, 0) << source << "\n" << built.output;
    }
    EXPECT_GT(number, 10) << "the folders were not found";
    ASSERT_EQ(run("ld -r -o " + folder + "/all.o " + folder + "/*.o").status, 0);
    std::istringstream lines{run("nm --undefined-only --demangle --format=just-symbols " + folder + "/all.o").output};
    const std::set<std::string> allowed{"memcpy", "memset", "msr::catalogue::built_in()"};
    for (std::string symbol; std::getline(lines, symbol);)
        EXPECT_TRUE(allowed.contains(symbol)) << symbol;
    EXPECT_EQ(run("objdump --section-headers " + folder + "/all.o").output.find("init_array"), std::string::npos)
        << "something is initialised at run time";
    std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(engine, freestanding, testing::ValuesIn(compilers),
                         [](const auto& test) { return plain(test.param); });

}  // namespace
}  // namespace msr::test
