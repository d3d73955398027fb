#include "msr/host/transaction.hpp"

#include <gtest/gtest.h>

#include "msr/host/shared_machine.hpp"

namespace msr::host {
namespace {

class memory_journal final : public journal_writer {
  public:
    std::vector<journal_line> lines;
    std::size_t room = ~std::size_t{0};

    [[nodiscard]] outcome<void> append(const journal_line& line) override {
        if (lines.size() >= room) return std::unexpected{error{.what = "the disk is full", .why = {}, .remedy = {}}};
        lines.push_back(line);
        return {};
    }
    [[nodiscard]] journal_contents contents() const {
        std::string text;
        for (const auto& line : lines)
            text += to_text(line);
        return read_journal_text(text);
    }
};

class transaction_test : public testing::Test {
  protected:
    transaction_test() {
        machine.at(0, control) = 1;
        machine.at(1, control) = 2;
    }
    transaction_result run(const std::vector<register_write>& writes) {
        return carry_out(machine, log, {.id = "id", .verb = "write", .undoes = {}, .boot = "boot"}, writes);
    }
    [[nodiscard]] std::vector<write_state> states(const transaction_result& result) const {
        std::vector<write_state> all;
        for (const auto& one : result.writes)
            all.push_back(one.state);
        return all;
    }
    [[nodiscard]] std::string end() const { return log.contents().commands.at(0).end; }

    shared_machine machine;
    memory_journal log;
    std::vector<register_write> both{from_to(0, 1, 0x10), from_to(1, 2, 0x20)};
};

using enum write_state;
using states_of = std::vector<write_state>;

TEST_F(transaction_test, all_is_written_and_journalled_before) {
    std::size_t lines_before = 0;
    machine.point = [&] {
        if (log.lines.empty() || log.lines.back().event != journal_event::write) ADD_FAILURE() << "no line before";
        lines_before = log.lines.size();
    };
    const auto result = run(both);
    EXPECT_TRUE(result.done());
    EXPECT_EQ(states(result), (states_of{written, written}));
    EXPECT_EQ(machine.at(0, control), 0x10U);
    EXPECT_EQ(machine.at(1, control), 0x20U);
    EXPECT_EQ(result.writes[1].holds, 0x20U);
    EXPECT_EQ(lines_before, 3U);
    EXPECT_EQ(end(), "done");
}

TEST_F(transaction_test, a_refusal_on_the_second_cpu_puts_the_first_back) {
    machine.refuses = [](auto cpu, auto) { return cpu == 1; };
    const auto result = run(both);
    ASSERT_FALSE(result.done());
    EXPECT_EQ(result.problem->kind, error_kind::refused);
    EXPECT_EQ(states(result), (states_of{put_back, refused}));
    EXPECT_EQ(machine.at(0, control), 1U);
    EXPECT_EQ(end(), "put back");
    const auto contents = log.contents();
    EXPECT_EQ(contents.commands[0].steps[0].state, step_state::put_back);
    EXPECT_EQ(contents.commands[0].steps[1].state, step_state::failed);
    EXPECT_EQ(contents.last_to_undo(), nullptr);
}

TEST_F(transaction_test, what_was_written_last_is_put_back_first) {
    both.push_back(from_to(0, 0, 9, second));
    machine.refuses = [](auto, auto value) { return value == 9; };
    EXPECT_EQ(states(run(both)), (states_of{put_back, put_back, refused}));
    std::vector<std::uint32_t> order;
    for (const auto& line : log.lines) {
        if (line.event == journal_event::put_back) order.push_back(line.step);
    }
    EXPECT_EQ(order, (std::vector<std::uint32_t>{1, 0}));
}

TEST_F(transaction_test, what_cannot_be_put_back_is_said) {
    machine.refuses = [](auto cpu, auto value) { return cpu == 1 || value == 1; };
    const auto result = run(both);
    EXPECT_EQ(states(result), (states_of{not_put_back, refused}));
    EXPECT_EQ(result.writes[0].holds, 0x10U);
    ASSERT_EQ(result.more.size(), 1U);
    EXPECT_NE(result.more[0].line().find("cannot put back CONTROL on CPU 0"), std::string::npos);
    EXPECT_EQ(end(), "not put back");
    EXPECT_NE(log.contents().last_to_undo(), nullptr) << "undo can be tried again";
}

TEST_F(transaction_test, a_value_that_does_not_stick_is_a_failure) {
    machine.stores = [](auto cpu, auto value) { return cpu == 1 ? value & ~std::uint64_t{0x20} : value; };
    const auto result = run(both);
    EXPECT_EQ(states(result), (states_of{put_back, put_back}));
    EXPECT_NE(result.problem->line().find("did not take the value: it should hold 0x20, and holds 0x0"),
              std::string::npos)
        << result.problem->line();
    EXPECT_EQ(machine.at(1, control), 2U);
}

TEST_F(transaction_test, bits_that_move_by_themselves_are_neither_compared_nor_set_back) {
    auto write = from_to(0, 0x100, 0x101);
    write.steady = 0xFF;
    write.follow = 0xF00;
    machine.at(0, control) = 0x200;
    std::uint64_t asked = 0;
    machine.stores = [&](auto, auto value) {
        asked = value;
        return value ^ 0x300;
    };
    EXPECT_TRUE(run({write}).done());
    EXPECT_EQ(asked, 0x201U);
}

TEST_F(transaction_test, a_register_that_changed_since_the_plan_stops_it) {
    machine.at(1, control) = 7;
    const auto result = run(both);
    EXPECT_EQ(states(result), (states_of{put_back, untouched}));
    EXPECT_EQ(machine.at(0, control), 1U);
    EXPECT_EQ(machine.at(1, control), 7U);
    EXPECT_NE(result.problem->line().find("holds 0x7 now"), std::string::npos);
}

TEST_F(transaction_test, a_register_that_cpus_share_is_written_from_each) {
    machine.shared_by_all = true;
    machine.at(0, control) = 1;
    const auto result = run({from_to(0, 1, 0x10), from_to(1, 1, 0x10)});
    EXPECT_TRUE(result.done()) << result.problem->line();
    EXPECT_EQ(machine.at(0, control), 0x10U);
}

TEST_F(transaction_test, a_register_that_cannot_be_read_is_written_and_never_put_back) {
    machine.refuses_read = [](auto cpu) { return cpu == 0; };
    auto blind = from_to(0, 0, 5);
    blind.old.reset();
    EXPECT_TRUE(run({blind}).done());
    EXPECT_EQ(machine.at(0, control), 5U);
    machine.refuses = [](auto cpu, auto) { return cpu == 1; };
    EXPECT_EQ(states(run({blind, both[1]})), (states_of{not_put_back, refused}));
}

TEST_F(transaction_test, without_a_line_nothing_is_written) {
    log.room = 2;  // the first write and that it was done
    const auto result = run(both);
    EXPECT_EQ(states(result), (states_of{put_back, untouched}));
    EXPECT_NE(result.problem->line().find("disk is full"), std::string::npos);
    EXPECT_EQ(machine.at(0, control), 1U) << "put back, journal or not";
    EXPECT_EQ(machine.at(1, control), 2U);
}

}  // namespace
}  // namespace msr::host
