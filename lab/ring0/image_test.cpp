// The image's own code: typed access in ring 0 is the same instructions as access by hand.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "msr/core/test/disassembly.hpp"

namespace msr::test {
namespace {

// accesses.cpp is part of the image, compiled and linked as the rest of it.
TEST(ring0_image, typed_access_is_access_by_hand) {
    expect_typed_as_by_hand(disassemble(RING0_IMAGE));
}

// The bridge's set-up in typed accesses: four registers written, three of them read before; nothing is called.
TEST(ring0_image, system_call_setup_is_rdmsr_and_wrmsr) {
    const auto code = disassemble(RING0_IMAGE);
    const auto setup = std::ranges::find_if(
        code, [](const auto& one) { return one.first.find("set_up_system_calls") != std::string::npos; });
    ASSERT_NE(setup, code.end());
    const auto count = [&](const std::string& instruction) {
        return std::ranges::count_if(setup->second, [&](const auto& one) { return one.starts_with(instruction); });
    };
    EXPECT_EQ(count("rdmsr"), 3);
    EXPECT_EQ(count("wrmsr"), 4);
    EXPECT_EQ(count("call"), 0);
}

std::string contents(const std::string& path) {
    std::ifstream file{MSRKIT_SOURCE_DIR "/" + path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// docs/embed-in-a-hypervisor.md names a file above each piece of code: the code is there.
TEST(ring0_image, walk_through_shows_its_code) {
    const auto guide = contents("docs/embed-in-a-hypervisor.md");
    const std::regex piece{"<!-- (lab/\\S+) -->\n```cpp\n([^`]+)```"};
    int pieces = 0;
    for (std::sregex_iterator found{guide.begin(), guide.end(), piece}; found != std::sregex_iterator{}; ++found) {
        EXPECT_NE(contents((*found)[1]).find((*found)[2]), std::string::npos) << (*found)[1] << "\n" << (*found)[2];
        ++pieces;
    }
    EXPECT_GE(pieces, 8);
}

}  // namespace
}  // namespace msr::test
