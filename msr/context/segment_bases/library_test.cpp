#include "msr/context/segment_bases/library.hpp"

#include <gtest/gtest.h>

#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/reader.hpp"

namespace msr::context {
namespace {

class shipped : public testing::TestWithParam<shipped_sequence> {};

// Each is what it says it is, in every way of delivering events that it is written for.
TEST_P(shipped, is_as_expected) {
    for (const auto mode : {delivery::idt, delivery::fred}) {
        auto read_one = read(GetParam().name, GetParam().text, mode);
        ASSERT_TRUE(read_one) << read_one.error().line << ':' << read_one.error().column << ": "
                              << read_one.error().message;
        auto& one = *read_one;
        if (mode == delivery::idt ? !one.in_idt : !one.in_fred) continue;
        const auto result = check(one, one.needs, mode);
        RecordProperty(mode == delivery::idt ? "idt_states" : "fred_states", std::to_string(result.states));
        EXPECT_NE(result.is, verdict::limit_reached);
        EXPECT_EQ(to_string(result.wrong), std::string_view{to_string(one.expected)}) << result.states << " states\n"
                                                                                      << trace_text(one, result);
        EXPECT_FALSE(one.sources.empty());
    }
}

// A proof would be worth nothing if it held without the instructions that it is about.
TEST_P(shipped, is_refuted_without_any_one_of_its_exchanges) {
    for (const auto mode : {delivery::idt, delivery::fred}) {
        const auto whole = read(GetParam().name, GetParam().text, mode);
        ASSERT_TRUE(whole);
        if (whole->expected != violation::none || !(mode == delivery::idt ? whole->in_idt : whole->in_fred)) continue;
        for (std::size_t at = 0; at < whole->code.size(); ++at) {
            const bool exchange = whole->code[at].what == operation::swapgs || whole->code[at].what == operation::lkgs;
            // What a guest does is its own business; what every kernel has is looked at elsewhere.
            if (!exchange || whole->code[at].line == 0 || whole->labels[at] == "in_guest") continue;
            auto without = *whole;
            without.code[at].what = operation::nop;
            EXPECT_EQ(check(without, without.needs, mode).is, verdict::refuted)
                << whole->lines[at] << " in line " << whole->code[at].line;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(sequences, shipped, testing::ValuesIn(library().begin(), library().end()), [](const auto& of) {
    std::string name{of.param.name};
    for (auto& letter : name)
        letter = letter == '-' ? '_' : letter;
    return name;
});

}  // namespace
}  // namespace msr::context
