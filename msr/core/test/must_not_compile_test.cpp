// Mistakes that the types refuse. Each file in must_not_compile/ has one between #ifdef MISTAKE and #endif, and says in
// a comment what the compiler's message must match: with the mistake the compiler says so, without it compiles.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "msr/core/test/toolchain.hpp"

namespace msr::test {
namespace {

std::vector<std::string> cases() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{core_directory + "must_not_compile"})
        if (entry.path().extension() == ".cpp") files.push_back(entry.path().string());
    std::ranges::sort(files);
    return files;
}

std::string expected_message(const std::string& file) {
    const std::string marker = "// error: ";
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(marker)) return line.substr(marker.size());
    return {};
}

bool some_line_matches(const std::string& output, const std::string& pattern) {
    const std::regex expression{pattern};
    const std::regex said{" (error|note): "};  // and not the source that is quoted with it
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);)
        if (std::regex_search(line, said) && std::regex_search(line, expression)) return true;
    return false;
}

class must_not_compile : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(must_not_compile, says_why) {
    const auto& [compiler, file] = GetParam();
    const auto command = compiler + freestanding_flags + "-fsyntax-only " + file;
    const auto correct = run(command);
    EXPECT_EQ(correct.status, 0) << "without the mistake it should compile:\n" << correct.output;
    const auto message = expected_message(file);
    ASSERT_FALSE(message.empty()) << file << " has no line `// error: …`";
    const auto mistaken = run(command + " -DMISTAKE");
    EXPECT_NE(mistaken.status, 0) << "the mistake compiles";
    EXPECT_TRUE(some_line_matches(mistaken.output, message)) << "no error matches " << message << ":\n"
                                                             << mistaken.output;
}

INSTANTIATE_TEST_SUITE_P(core, must_not_compile,
                         testing::Combine(testing::ValuesIn(compilers), testing::ValuesIn(cases())),
                         [](const auto& test) {
                             return plain(std::get<1>(test.param)) + "_" + plain(std::get<0>(test.param));
                         });

}  // namespace
}  // namespace msr::test
