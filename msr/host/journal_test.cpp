#include "msr/host/journal.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "msr/host/fake_system.hpp"

namespace msr::host {
namespace {

journal_line write_line(const std::string& command, std::uint32_t step, std::string undoes = {}) {
    return {.event = journal_event::write,
            .command = {.id = command, .verb = undoes.empty() ? "write" : "undo", .undoes = undoes, .boot = "boot"},
            .step = step,
            .what = {.cpu = step, .address = 0x174, .name = "R", .old = 1, .value = 2, .result = 3, .steady = 0xFF},
            .time = "2026-01-01T00:00:00Z",
            .why = {}};
}

journal_line other_line(journal_event event, const std::string& command, std::uint32_t step, std::string why = {}) {
    return {
        .event = event, .command = {.id = command}, .step = step, .what = {}, .time = "then", .why = std::move(why)};
}

std::string whole_command(const std::string& id, const std::string& undoes = {}, const std::string& end = "done") {
    return to_text(write_line(id, 0, undoes)) + to_text(other_line(journal_event::done, id, 0)) +
           to_text(write_line(id, 1, undoes)) + to_text(other_line(journal_event::done, id, 1)) +
           to_text(other_line(journal_event::end, id, 0, end));
}

TEST(journal_text, a_command_comes_back_as_it_was) {
    const auto contents = read_journal_text(whole_command("one"));
    ASSERT_EQ(contents.commands.size(), 1U);
    const auto& command = contents.commands.front();
    EXPECT_EQ(command.identity.id, "one");
    EXPECT_EQ(command.identity.verb, "write");
    EXPECT_EQ(command.identity.boot, "boot");
    EXPECT_TRUE(command.is_done());
    ASSERT_EQ(command.steps.size(), 2U);
    const auto& step = command.steps.back();
    EXPECT_EQ(step.state, step_state::done);
    EXPECT_EQ(step.what.cpu, 1U);
    EXPECT_EQ(step.what.address, 0x174U);
    EXPECT_EQ(step.what.name, "R");
    EXPECT_EQ(step.what.old, 1U);
    EXPECT_EQ(step.what.value, 2U);
    EXPECT_EQ(step.what.result, 3U);
    EXPECT_EQ(step.what.steady, 0xFFU);
}

TEST(journal_text, names_may_hold_anything) {
    auto line = write_line("one", 0);
    line.what.name = "a\"b\\c\nd\xFF";
    line.what.old.reset();
    const auto contents = read_journal_text(to_text(line));
    ASSERT_EQ(contents.commands.size(), 1U);
    EXPECT_FALSE(contents.commands[0].steps[0].what.old);
    EXPECT_TRUE(contents.commands[0].steps[0].what.name.starts_with("a\"b\\c\nd"));
}

TEST(journal_text, cut_anywhere_only_the_last_line_is_lost) {
    const auto before = whole_command("one");
    const auto last = to_text(write_line("two", 0));
    // The whole line but for its end is the whole line.
    for (std::size_t length = 0; length < last.size(); ++length) {
        const auto contents = read_journal_text(before + last.substr(0, length));
        ASSERT_NE(contents.find("one"), nullptr) << length;
        EXPECT_TRUE(contents.find("one")->is_done());
        const bool whole = length + 1 == last.size();
        EXPECT_EQ(contents.find("two") != nullptr, whole) << length;
        EXPECT_EQ(contents.unreadable.size(), length == 0 || whole ? 0U : 1U) << length;
    }
}

TEST(journal_text, damage_costs_its_own_line_only) {
    for (const auto* const damage :
         {"{", "[]", "7", "null", "{}", R"({"event": "write"})", R"({"event": 7, "command": "one", "step": 0})",
          R"({"event": "done", "command": "one", "step": -1, "time": ""})",
          R"({"event": "done", "command": "one", "step": {}, "time": ""})", "\xFF\xFE",
          R"({"event": "burnt", "command": "one", "step": 0, "time": ""})"}) {
        const auto contents = read_journal_text(whole_command("one") + damage + "\n" + whole_command("two"));
        EXPECT_EQ(contents.unreadable, (std::vector<std::size_t>{6})) << damage;
        EXPECT_EQ(contents.commands.size(), 2U) << damage;
    }
}

TEST(journal_text, a_step_whose_beginning_is_lost_is_not_invented) {
    const auto contents =
        read_journal_text(to_text(other_line(journal_event::done, "one", 0)) + to_text(write_line("two", 1)) +
                          to_text(other_line(journal_event::done, "two", 0)));
    ASSERT_EQ(contents.commands.size(), 1U);
    ASSERT_EQ(contents.commands[0].steps.size(), 1U);
    EXPECT_EQ(contents.commands[0].steps[0].state, step_state::about_to);
}

TEST(journal_contents, undo_goes_back_command_by_command) {
    const auto id = [](const journal_command* one) { return one == nullptr ? "" : one->identity.id; };
    auto text = whole_command("a") + whole_command("b");
    EXPECT_EQ(id(read_journal_text(text).last_to_undo()), "b");
    text += whole_command("c", {}, "put back");
    EXPECT_EQ(id(read_journal_text(text).last_to_undo()), "b");
    text += whole_command("undo-b", "b");
    EXPECT_EQ(id(read_journal_text(text).last_to_undo()), "a");
    // An undo that was undone leaves the command as if it had not been there.
    const auto redone = text + whole_command("redo-b", "undo-b");
    EXPECT_EQ(id(read_journal_text(redone).last_to_undo()), "b");
    // An undo that did not end well, or not at all, has undone nothing yet.
    const auto interrupted = text + to_text(write_line("undo-a", 0, "a"));
    EXPECT_EQ(id(read_journal_text(interrupted).last_to_undo()), "a");
    // One that found all as it had been has only an end.
    auto end = other_line(journal_event::end, "undo-a", 0, "done");
    end.command = {.id = "undo-a", .verb = "undo", .undoes = "a", .boot = "boot"};
    text += to_text(end);
    EXPECT_EQ(id(read_journal_text(text).last_to_undo()), "");
}

class journal_file_test : public testing::Test {
  protected:
    fake_system system;
    std::filesystem::path path = system.root() / "a/b/journal.jsonl";
};

TEST_F(journal_file_test, lines_are_added_to_what_is_there) {
    for (const auto* const id : {"one", "two"}) {
        auto file = journal::open(path);
        ASSERT_TRUE(file) << file.error().line();
        EXPECT_TRUE(file->append(write_line(id, 0)));
    }
    const auto contents = read_journal(path);
    ASSERT_TRUE(contents);
    EXPECT_EQ(contents->commands.size(), 2U);
    const auto mode = std::filesystem::status(path).permissions();
    EXPECT_EQ(mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
              std::filesystem::perms::none);
}

TEST_F(journal_file_test, what_follows_a_torn_line_is_not_lost) {
    system.write_text("a/b/journal.jsonl", whole_command("one") + R"({"event": "wri)");
    ASSERT_TRUE(journal::open(path)->append(write_line("two", 0)));
    const auto contents = read_journal(path).value();
    EXPECT_EQ(contents.commands.size(), 2U);
    EXPECT_EQ(contents.unreadable, (std::vector<std::size_t>{6}));
}

TEST_F(journal_file_test, one_command_at_a_time) {
    auto first = journal::open(path);
    ASSERT_TRUE(first);
    const auto second = journal::open(path);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().line().find("another msr"), std::string::npos) << second.error().line();
}

TEST_F(journal_file_test, no_place_for_it_is_an_error_that_says_what_to_do) {
    system.write_text("a", "a file");
    const auto file = journal::open(path);
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().line().find("MSRKIT_JOURNAL"), std::string::npos) << file.error().line();
    EXPECT_TRUE(read_journal(system.root() / "absent")->commands.empty());
}

}  // namespace
}  // namespace msr::host
