// The journal of writes: what was about to be written, before it was, and what became of it. A file of JSON lines, each
// complete in itself and on the disk before the register is touched, so that a crash leaves behind what undoes it:
//
//   {"event": "write", "command": "…", "step": 0, "verb": "write", "boot": "…", "time": "…",
//    "cpu": 1, "address": "0x174", "name": "IA32_SYSENTER_CS", "old": "0x0", "new": "0x10", "result": "0x10",
//    "steady": "0xffff…"}                                    about to be written
//   {"event": "done", …}                                     and that it was; or "failed", with "why"
//   {"event": "put_back", …} {"event": "put_back_done", …}   the same of the old value; "put_back_failed"
//   {"event": "end", "why": "done", …}                       "done", "put back", or "not put back"
//
// A command that found nothing to write has its end only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "msr/host/files.hpp"

namespace msr::host {

/// One register of one CPU, and what is to become of it.
struct register_write {
    std::uint32_t cpu = 0;
    std::uint32_t address = 0;
    std::string name;
    std::optional<std::uint64_t> old;  // nothing where the register cannot be read
    std::uint64_t value = 0;           // what is written
    std::uint64_t result = 0;          // what the register then holds
    std::uint64_t steady = 0;          // the bits that do not change by themselves
    // Not in the journal:
    std::uint64_t back = 0;    // what is written to put the old value back
    std::uint64_t follow = 0;  // bits that are written as they are at that moment

    /// Whether two values are the same but for what changes by itself.
    [[nodiscard]] bool same(std::uint64_t one, std::uint64_t other) const { return ((one ^ other) & steady) == 0; }
};

/// A command that writes: all its lines carry this.
struct command_identity {
    std::string id;
    std::string verb;
    std::string undoes;  // the id of the command whose writes this one takes back; or empty
    std::string boot;    // which boot of the machine: /proc/sys/kernel/random/boot_id
};

enum class journal_event : std::uint8_t { write, done, failed, put_back, put_back_done, put_back_failed, end };

struct journal_line {
    journal_event event = journal_event::write;
    command_identity command;
    std::uint32_t step = 0;
    register_write what;
    std::string time;
    std::string why;
};

/// What became of a step, as far as the journal knows. `about_to`: it ended in between.
enum class step_state : std::uint8_t { about_to, done, failed, putting_back, put_back, put_back_failed };

struct journal_step {
    std::uint32_t number = 0;
    register_write what;
    step_state state = step_state::about_to;
};

struct journal_command {
    command_identity identity;
    std::string time;
    std::vector<journal_step> steps;
    std::string end;  // as in the line; empty: it was interrupted

    [[nodiscard]] bool is_done() const { return end == "done"; }
};

struct journal_contents {
    std::vector<journal_command> commands;  // oldest first
    std::vector<std::size_t> unreadable;    // numbers of lines that are torn or damaged

    [[nodiscard]] const journal_command* find(std::string_view id) const;
    /// Whether its writes stand: no later undo that stands has taken them back.
    [[nodiscard]] bool stands(const journal_command& one) const;
    /// What an undo without a name means: the last command that is no undo, stands, and was not put back as a whole.
    [[nodiscard]] const journal_command* last_to_undo() const;
};

/// Takes lines in; each is safe when append returns. An interface, so that tests can fail and die in it.
class journal_writer {
  public:
    journal_writer() = default;
    journal_writer(journal_writer&&) = default;
    journal_writer& operator=(journal_writer&&) = default;
    journal_writer(const journal_writer&) = delete;
    journal_writer& operator=(const journal_writer&) = delete;
    virtual ~journal_writer() = default;
    [[nodiscard]] virtual outcome<void> append(const journal_line& line) = 0;
};

/// The file. While it is open no other command can write to it, or to registers.
class journal final : public journal_writer {
  public:
    /// Makes the file and its folder where they are absent, and ends a line that a crash left unfinished.
    [[nodiscard]] static outcome<journal> open(const std::filesystem::path& path);
    [[nodiscard]] outcome<void> append(const journal_line& line) override;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    journal(std::filesystem::path path, descriptor file) : path_{std::move(path)}, file_{std::move(file)} {}

    std::filesystem::path path_;
    descriptor file_;
};

/// For registers that end with the command, as a virtual CPU's do.
class no_journal final : public journal_writer {
  public:
    [[nodiscard]] outcome<void> append(const journal_line& /*line*/) override { return {}; }
};

/// $MSRKIT_JOURNAL; or /var/lib/msrkit/journal.jsonl for root; or that of $XDG_STATE_HOME or ~/.local/state.
[[nodiscard]] std::filesystem::path journal_place();

/// A line with its end.
[[nodiscard]] std::string to_text(const journal_line& line);
/// The whole of it; lines that cannot be read are counted, and cost nothing but themselves.
[[nodiscard]] journal_contents read_journal_text(std::string_view text);
/// No file is an empty journal.
[[nodiscard]] outcome<journal_contents> read_journal(const std::filesystem::path& path);

/// This boot of the machine whose /proc is below `root`; empty where it cannot be told.
[[nodiscard]] std::string boot_id(const std::filesystem::path& root = "/");
[[nodiscard]] std::string utc_now();
/// A new name for a command: when, and by which process.
[[nodiscard]] std::string new_command_id();

}  // namespace msr::host
