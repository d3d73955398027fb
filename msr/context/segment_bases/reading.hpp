// The reader of sequences at work: what the statements before the code and the code itself share.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "msr/context/segment_bases/reader.hpp"
#include "msr/context/words.hpp"

namespace msr::context {

class reading {
  public:
    reading(std::string_view name, delivery mode, const cpu_facts& facts);

    /// The file, and then what every kernel has.
    [[nodiscard]] std::expected<program, mistake> read(std::string_view text, std::string_view routines);

  private:
    using words = std::span<const source_word>;

    // An instruction that is named before its place is known.
    struct reference {
        std::string label;
        int line;
        int column;
        std::size_t instruction;  // that names it; unused for the others
        enum class use : std::uint8_t { target, other, handler, start, user } as;
        std::size_t handler = 0;
    };

    bool lines(std::string_view text, bool of_file);
    bool one_line(std::string_view text, words all, bool of_file);
    bool fail(const source_word& at, std::string message);
    bool fail_at_end(words all, std::string message);
    bool finish();
    bool label(const source_word& word);

    bool statement(std::string_view text, words all, bool& known);
    bool text_statement(std::string_view text, words all, bool& known);
    bool value_statement(words all, bool& known);
    bool kernel_statement(words all, bool& known);
    bool expectation(words all);
    bool modes(words all);
    bool features(words all);
    bool named_value(words all);
    bool one_descriptor(words all);
    bool variable(words all, bool percpu);
    bool one_task(words all);
    bool guest(words all);
    bool vmcs(words all);
    bool events(words all);
    bool handler(words all);
    bool depth(words all);
    bool refused(words all);
    bool start(words all);
    bool rsp0_copy(words all);

    bool code(std::string_view text, words all, bool of_file);
    bool operands(std::string_view letters, words given, instruction& one);
    bool operand(char letter, const source_word& word, instruction& one);
    bool move(words all, instruction& one);
    bool place_operand(const source_word& word, bool narrow_too, instruction& one, std::uint8_t& into);
    bool source_operand(const source_word& word, bool narrow_too, instruction& one);
    bool register_operand(const source_word& word, instruction& one);
    void refer(const source_word& word, reference::use as, std::size_t handler = 0);

    [[nodiscard]] std::optional<std::uint8_t> variable_place(std::string_view word) const;
    bool value_of(const source_word& word, value& into);
    // NAME = VALUE pairs, each given to `take`, which says whether it knows the name.
    template <class Take>
    bool pairs(words given, Take take);
    [[nodiscard]] std::optional<std::uint16_t> find_label(const std::string& name) const;
    bool resolve(const reference& one);

    program into_;
    delivery mode_;
    cpu_facts facts_;
    int line_ = 0;
    std::optional<mistake> wrong_;
    std::map<std::string, value, std::less<>> names_;
    std::map<std::string, std::uint16_t, std::less<>> labels_;
    std::vector<reference> references_;
    bool started_ = false;
    bool in_file_ = true;  // else in what every kernel has
    bool expected_ = false;
};

}  // namespace msr::context
