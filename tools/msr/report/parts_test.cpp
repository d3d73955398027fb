// The report's parts alone: joining what CPUs say, printing, and finding the kernel's entry.

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tools/msr/report/merge.hpp"
#include "tools/msr/report/print.hpp"
#include "tools/msr/report/recording.hpp"

namespace tool::report {
namespace {

using numbers = std::vector<std::uint32_t>;

section with(std::vector<row> content) {
    return {"key", "Title", std::move(content)};
}

TEST(report_merge, rows_that_agree_become_one) {
    merging together;
    for (const std::uint32_t cpu : {0U, 1U, 2U})
        together.add(with({{.label = "a", .text = "same"}, {.label = "b", .text = cpu == 1 ? "odd" : "even"}}), cpu);
    const auto result = std::move(together).finish(3);
    ASSERT_EQ(result.rows.size(), 3);
    EXPECT_TRUE(result.rows[0].cpus.empty());
    EXPECT_EQ(result.rows[1].cpus, (numbers{0, 2}));
    EXPECT_EQ(result.rows[2].cpus, numbers{1});
}

TEST(report_merge, what_only_one_cpu_says_keeps_its_name) {
    merging together;
    together.add(with({{.label = "a", .text = "x"}}), 4);
    together.add(with({{.label = "a", .text = "x"}, {.label = "error", .text = "here"}}), 7);
    const auto result = std::move(together).finish(2);
    ASSERT_EQ(result.rows.size(), 2);
    EXPECT_EQ(result.rows[1].cpus, numbers{7});
}

TEST(report_print, cpus_and_fields_share_names) {
    const document all{
        .first_line = "first",
        .sections = {with({{.label = "row",
                            .text = "text",
                            .says = {{"REG", "A", "1"}, {"REG", "B", "2"}, {"CPUID.01H:ECX[5]", "VMX", "1"}},
                            .cpus = {0, 1, 2, 5}}})}};
    EXPECT_EQ(to_text(all, false),
              "first\nTitle\n  row            CPUs 0-2,5: text [REG.A=1 .B=2 CPUID.01H:ECX[5] VMX=1]\n");
}

TEST(report_print, long_rows_break_between_words) {
    std::string text;
    for (int word = 0; word < 60; ++word)
        text += "word ";
    const document all{.first_line = "first", .sections = {with({{.label = "row", .text = text + "end"}})}};
    const auto printed = to_text(all, false);
    EXPECT_TRUE(contains(printed, "word\n                 word"));
    EXPECT_TRUE(printed.ends_with("end\n"));
}

class kallsyms : public testing::Test {
  protected:
    [[nodiscard]] kernel_entry find(std::string_view content) const {
        std::ofstream{path_} << content;
        return find_kernel_entry(path_);
    }
    void TearDown() override { std::filesystem::remove(path_); }

    std::filesystem::path path_ = std::filesystem::temp_directory_path() / fmt::format("msr-kallsyms-{}", ::getpid());
};

TEST_F(kallsyms, gives_the_entry) {
    EXPECT_EQ(find("ffffffff81c00000 T __entry_text_start\nffffffff81c00080 T entry_SYSCALL_64\n"
                   "ffffffff81c000a5 T entry_SYSCALL_64_safe_stack\n")
                  .address,
              0xFFFFFFFF81C00080);
}

TEST_F(kallsyms, says_why_there_is_none) {
    EXPECT_TRUE(contains(find("0000000000000000 T entry_SYSCALL_64\n").why_unknown, "hides"));
    EXPECT_TRUE(contains(find("ffffffff81c00080 T start_kernel\n").why_unknown, "does not name"));
    EXPECT_TRUE(contains(
        find("ffffffff81c00080 T entry_SYSCALL_64\nfffffe0000006000 T entry_SYSCALL_64_trampoline\n").why_unknown,
        "trampoline"));
    EXPECT_TRUE(contains(find_kernel_entry("/nowhere/kallsyms").why_unknown, "/nowhere/kallsyms"));
}

}  // namespace
}  // namespace tool::report
