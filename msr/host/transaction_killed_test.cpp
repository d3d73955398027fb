// A command that is killed at any point leaves a journal that agrees with the registers, and is enough to undo it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "msr/host/fake_system.hpp"
#include "msr/host/shared_machine.hpp"

namespace msr::host {
namespace {

/// The file's journal, with points to die at: before a line, with half of it on the disk, and behind it.
class mortal_journal final : public journal_writer {
  public:
    mortal_journal(const std::filesystem::path& path, std::function<bool()> dies)
        : file_{journal::open(path).value()}, dies_{std::move(dies)} {}
    [[nodiscard]] outcome<void> append(const journal_line& line) override {
        die_here();
        if (dies_()) {
            const descriptor torn{::open(file_.path().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
            const auto text = to_text(line);
            static_cast<void>(write_all(torn.get(), std::string_view{text}.substr(0, text.size() / 2)));
            ::_exit(1);
        }
        const auto appended = file_.append(line);
        die_here();
        return appended;
    }

  private:
    void die_here() const {
        if (dies_()) ::_exit(1);
    }
    journal file_;
    std::function<bool()> dies_;
};

class killed_test : public testing::TestWithParam<int> {
  protected:
    // Runs the writes in a child that dies at the given point; whether it lived to the end.
    bool lives(int point) {
        const auto child = ::fork();
        if (child == 0) {
            const auto dies = [&point] { return point-- == 0; };
            mortal_journal log{path, dies};
            machine.point = [&] {
                if (dies()) ::_exit(1);
            };
            const auto fails_at = GetParam();
            int writes = 0;
            machine.refuses = [&](auto, auto) { return writes++ == fails_at; };
            static_cast<void>(carry_out(machine, log, {.id = "id", .verb = "write", .undoes = {}, .boot = "b"}, asked));
            ::_exit(0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WEXITSTATUS(status) == 0;
    }

    void set_all_old() {
        for (const auto& one : asked)
            machine.at(one.cpu, one.address) = *one.old;
        std::filesystem::remove(path);
    }

    // What the journal says of each register is so.
    void expect_agreement(int point) {
        const auto contents = read_journal(path).value();
        EXPECT_LE(contents.unreadable.size(), 1U);
        for (const auto& one : asked) {
            const auto holds = machine.at(one.cpu, one.address);
            const auto* const step = find(contents, one);
            if (step == nullptr) {
                EXPECT_EQ(holds, *one.old) << "written without a line, killed at " << point;
            } else if (step->state == step_state::done) {
                EXPECT_EQ(holds, one.result) << "killed at " << point;
            } else if (step->state == step_state::put_back || step->state == step_state::failed) {
                EXPECT_EQ(holds, *one.old) << "killed at " << point;
            } else {
                EXPECT_TRUE(holds == *one.old || holds == one.result) << "killed at " << point;
            }
        }
    }

    [[nodiscard]] const journal_step* find(const journal_contents& contents, const register_write& wanted) const {
        const auto* const command = contents.find("id");
        if (command == nullptr) return nullptr;
        for (const auto& step : command->steps) {
            if (step.what.cpu == wanted.cpu && step.what.address == wanted.address) return &step;
        }
        return nullptr;
    }

    // The journal alone is enough to get back to where all was before.
    void undo_by_journal() {
        const auto contents = read_journal(path).value();
        const auto* const command = contents.find("id");
        if (command == nullptr) return;
        for (const auto& step : command->steps) {
            auto& holds = machine.at(step.what.cpu, step.what.address);
            if (holds == step.what.result) holds = *step.what.old;
        }
    }

    fake_system system;
    std::filesystem::path path = system.root() / "journal.jsonl";
    shared_machine machine;
    std::vector<register_write> asked{from_to(0, 1, 0x10), from_to(1, 2, 0x20), from_to(0, 3, 0x30, second)};
};

TEST_P(killed_test, journal_and_registers_agree) {
    constexpr int more_than_there_are = 200;
    int point = 0;
    for (bool lived = false; !lived; ++point) {
        ASSERT_LT(point, more_than_there_are);
        set_all_old();
        lived = lives(point);
        expect_agreement(point);
        undo_by_journal();
        for (const auto& one : asked)
            EXPECT_EQ(machine.at(one.cpu, one.address), *one.old) << "killed at " << point;
    }
    // Two lines a write, three points a line, and before and behind each write, at least.
    EXPECT_GT(point, 3 * 2 * 3);
}

// Nothing fails; the second write; the third.
INSTANTIATE_TEST_SUITE_P(failing, killed_test, testing::Values(-1, 1, 2));

}  // namespace
}  // namespace msr::host
