// Turns sequences into machine code: what the checker judges is what runs. On the machine that builds the image.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "msr/context/segment_bases/program.hpp"

namespace msr::switching {

/// The instructions of a sequence in the assembler's language.
class assembly {
  public:
    /// `where` says what stands for each variable; the labels begin with `prefix`.
    assembly(const context::program& what, std::string prefix, std::vector<std::string> where);

    /// All that can be reached, each with its labels.
    [[nodiscard]] std::string text();

    [[nodiscard]] std::string begin_of(std::size_t instruction) const;
    [[nodiscard]] std::string core_of(std::size_t instruction) const;
    [[nodiscard]] const std::vector<bool>& reached() const { return reached_; }
    /// Whether an instruction uses the CPU's own data; known once it is text.
    [[nodiscard]] bool uses_percpu(std::size_t instruction) const { return uses_percpu_[instruction]; }
    /// The first word of something that is reached and cannot be assembled.
    [[nodiscard]] std::optional<std::string> impossible() const;

  private:
    void reach(std::uint16_t from);
    void one(std::size_t at);
    void segment(const context::instruction& it);
    void register_access(const context::instruction& it);
    void software(const context::instruction& it);
    void jump(const context::instruction& it);
    void compare(const context::instruction& it);
    void leave(const context::instruction& it);
    void load(const context::instruction& it);
    void store(const context::instruction& it);
    void line(std::string_view words);
    void core();
    [[nodiscard]] std::string place(std::uint8_t which) const;

    const context::program* program_;
    std::string prefix_;
    std::vector<std::string> where_;
    std::vector<bool> reached_;
    std::vector<bool> uses_percpu_;
    std::string out_;
    std::size_t at_ = 0;
    bool has_core_ = false;
};

/// Where a variable of a sequence is: in memory, or in the CPU's own data.
[[nodiscard]] std::vector<std::string> variables_in_memory(const context::program& what);

/// The entries of events, which build entry_frame and go to their handlers. Empty where there is no handler.
[[nodiscard]] std::string entries_text(const context::program& what, const assembly& code, std::string_view prefix);

/// What the entries and returns of all sequences have in common.
[[nodiscard]] std::string_view macros();

}  // namespace msr::switching
