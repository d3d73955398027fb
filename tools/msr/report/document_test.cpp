// The report as a whole: whose values it shows, what differs, what is missing, and its two forms.

#include <gtest/gtest.h>

#include "msr/core/access.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "tools/msr/recorded_machine.hpp"
#include "tools/msr/report/print.hpp"
#include "tools/msr/report/recording.hpp"

namespace tool::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> result;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        result.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return result;
}

TEST(report_document, a_virtual_cpu_is_told_in_the_first_line) {
    recording machine{haswell};
    machine.content().origin.kind = host::source::kvm;
    const auto all = machine.report();
    EXPECT_TRUE(all.virtual_cpu);
    EXPECT_TRUE(contains(lines_of(to_text(all, false)).front(), "VIRTUAL CPU"));
    EXPECT_FALSE(recording{haswell}.report().virtual_cpu);
}

TEST(report_document, a_recording_is_told_in_the_first_line) {
    EXPECT_TRUE(contains(lines_of(to_text(recording{haswell}.report(), false)).front(), "RECORDING"));
}

TEST(report_document, the_recorded_machine_of_the_tool_can_be_read) {
    EXPECT_TRUE(host::read_snapshot(recorded_machine(), "the built-in one").has_value());
}

TEST(report_document, fits_on_one_screen) {
    for (const auto* const path : {haswell, epyc, tiger_lake}) {
        const auto lines = lines_of(to_text(recording{path}.report(), false));
        EXPECT_LE(lines.size(), 60) << path;
        for (const auto& line : lines)
            EXPECT_LE(line.size(), 120) << line;
    }
}

TEST(report_document, json_has_every_row_of_the_text_and_its_evidence) {
    const auto all = recording{tiger_lake}.report();
    const auto tree = to_json(all);
    EXPECT_EQ(tree["notice"], all.first_line);
    for (const auto& part : all.sections) {
        const auto& printed = tree["sections"][std::string{part.key}]["rows"];
        ASSERT_EQ(printed.size(), part.rows.size());
        for (std::size_t at = 0; at < printed.size(); ++at) {
            EXPECT_EQ(printed[at]["label"], part.rows[at].label);
            EXPECT_EQ(printed[at]["text"], part.rows[at].text);
            EXPECT_EQ(printed[at]["evidence"].size(), part.rows[at].says.size());
            EXPECT_EQ(printed[at]["cpus"], all.cpus);
        }
    }
}

TEST(report_differences, a_constant_field_that_differs_is_found_and_nothing_else) {
    using defaults = msr::ia32_mtrr_def_type;
    recording machine{epyc};
    machine.set(msr::ia32_time_stamp_counter{1}, 0).set(msr::ia32_time_stamp_counter{2}, 1);
    EXPECT_TRUE(rows(machine.report(), "differences", "differs").empty()) << "a counter counts";

    machine.set(defaults{}.with<defaults::fields::e>(true).with<defaults::fields::fe>(true), 1);
    const auto row = only(machine.report(), "differences", "differs");
    ASSERT_EQ(row.says.size(), 2);
    EXPECT_EQ(row.says[0].field, "TYPE");
    EXPECT_EQ(row.says[0].value, "WB");
    EXPECT_EQ(row.says[0].cpus, std::vector<std::uint32_t>{0});
    EXPECT_EQ(row.says[1].value, "UC");
}

TEST(report_differences, kinds_of_core_differ_by_design) {
    recording machine{epyc};
    machine.cpuid(0x1A, 0, 0).eax = 0x40000000;
    machine.cpuid(0x1A, 0, 1).eax = 0x20000000;
    machine.set(msr::ia32_mtrr_def_type{}, 1);
    EXPECT_TRUE(rows(machine.report(), "differences", "differs").empty());
}

TEST(report_unread, registers_are_named_by_the_reason_that_they_share) {
    const auto row = only(recording{haswell}.report(), "unread", "refused");
    EXPECT_TRUE(contains(row.text, "refused by the CPU"));
    EXPECT_TRUE(std::ranges::find(row.names, "IA32_MCG_CAP") != row.names.end());
    EXPECT_EQ(std::ranges::count(row.names, "IA32_MCi_STATUS"), 1) << "a family is named once";
}

TEST(report_unread, a_machine_that_refuses_everything_has_a_report_of_that) {
    const auto all = recording{haswell}.refuse_everything().report();
    EXPECT_FALSE(all.anything_read);
    EXPECT_TRUE(contains(only(all, "system_calls", "SYSCALL").text, "not known: refused by the CPU"));
    EXPECT_TRUE(recording{haswell}.report().anything_read);
}

// A name that the catalogue does not have would throw: every topic is taken through all that a CPU can announce.
TEST(report_names, are_all_in_the_catalogue) {
    for (const auto* const path : {tiger_lake, epyc}) {
        recording machine{path};
        for (const auto leaf : {1U, 6U, 7U, 0x80000001U, 0x80000007U, 0x80000008U, 0x8000000AU, 0x80000021U}) {
            auto& answer = machine.cpuid(leaf, 0);
            answer = {leaf == 1 ? answer.eax : ~0U, ~0U, ~0U, ~0U};
        }
        machine.double_cpu();
        for (auto& value : machine.content().registers.row(0))
            value = ~std::uint64_t{0};
        for (auto& value : machine.content().registers.row(1))
            value = 0;
        EXPECT_NO_THROW(static_cast<void>(machine.report({.address = 1}))) << path;
    }
}

}  // namespace
}  // namespace tool::report
