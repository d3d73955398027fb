#include "msr/context/switch_plan/switch_trace.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>

#include "msr/catalogue/lookup.hpp"
#include "msr/context/words.hpp"

namespace msr::context {

namespace {

struct event_word {
    std::string_view word;
    switch_event what;
};

constexpr std::array event_words{
    event_word{"switch", switch_event::switch_to}, event_word{"load", switch_event::load},
    event_word{"put", switch_event::put},          event_word{"user", switch_event::user},
    event_word{"enter", switch_event::enter},      event_word{"exit", switch_event::exit},
    event_word{"write", switch_event::write},
};

// No name of a register is as long: of longer words the beginning is looked up, and not found.
constexpr std::size_t most_register_name = 100;

// More of a word than that is not repeated.
constexpr std::size_t most_quoted = 40;

std::string in_backticks(std::string_view word) {
    return '`' + std::string{word.substr(0, most_quoted)} + (word.size() > most_quoted ? "…`" : "`");
}

class trace_reader {
  public:
    explicit trace_reader(const catalogue::tables& facts) : facts_{facts} {}

    std::expected<switch_trace, mistake> read(std::string_view text) {
        while (!text.empty() && !wrong_) {
            ++line_;
            const auto end = std::min(text.find('\n'), text.size());
            const auto line = text.substr(0, end);
            if (is_text(line)) {
                const auto all = words_of(line);
                if (!all.empty()) one_line(line, all);
            }
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (wrong_) return std::unexpected{std::move(*wrong_)};
        return std::move(result_);
    }

  private:
    using words = std::span<const source_word>;

    void fail(int column, std::string message) {
        if (!wrong_) wrong_ = mistake{line_, column, std::move(message)};
    }
    void fail(const source_word& at, std::string message) { fail(at.column, std::move(message)); }
    void fail_after(const source_word& last, std::string message) {
        fail(last.column + static_cast<int>(last.text.size()), std::move(message));
    }

    bool is_text(std::string_view line) {
        const auto is_control = [](char one) {
            return static_cast<unsigned char>(one) < 0x20 && one != '\t' && one != '\r';
        };
        const auto* const found = std::ranges::find_if(line, is_control);
        if (found == line.end()) return true;
        fail(static_cast<int>(found - line.begin()) + 1, "this is not text");
        return false;
    }

    void one_line(std::string_view line, words all) {
        const auto first = all.front().text;
        if (first == "recorded") {
            const auto from = line.substr(static_cast<std::size_t>(all.front().column - 1) + first.size());
            const auto begin = from.find_first_not_of(" \t");
            result_.recorded = begin == std::string_view::npos ? "recorded" : from.substr(begin);
        } else if (first == "task") {
            declare(all, result_.tasks, tasks_);
        } else if (first == "guest") {
            declare(all, result_.guests, guests_);
        } else if (first == "host") {
            assign(result_.host, registers(all.subspan(1)));
        } else if (first == "entry") {
            result_.entry = registers(all.subspan(1));
        } else if (first == "exit") {
            result_.exit = registers(all.subspan(1));
        } else if (const auto cpu = number_of(first)) {
            event(all, *cpu);
        } else {
            fail(all.front(), "there is no statement " + in_backticks(first) + ", and no CPU of that number");
        }
    }

    // NAME = VALUE and so on, each register once.
    register_values registers(words given) {
        register_values result;
        for (; !given.empty() && !wrong_; given = given.subspan(3)) {
            const auto address = address_of(given[0]);
            if (!address) break;
            if (given.size() < 2 || given[1].text != "=") {
                fail_after(given[0], "a value is missing behind " + in_backticks(given[0].text) + ": REGISTER=VALUE");
                break;
            }
            const auto value = given.size() < 3 ? std::nullopt : number_of(given[2].text);
            if (given.size() < 3) {
                fail_after(given[1], "a value is missing");
            } else if (!value) {
                fail(given[2], in_backticks(given[2].text) + " is no number of 64 bits, decimal or 0x");
            } else if (std::ranges::find(result, *address, &profile::known_register::address) != result.end()) {
                fail(given[0], in_backticks(given[0].text) + " stands here twice");
            } else {
                result.push_back({*address, *value});
            }
            if (wrong_) break;
        }
        return result;
    }

    std::optional<std::uint32_t> address_of(const source_word& word) {
        if (const auto known = names_.find(word.text); known != names_.end()) return known->second;
        const auto address = look_up(word);
        if (!address) return std::nullopt;
        addresses_.emplace(*address, true);
        if (addresses_.size() > most_traced_registers)
            fail(word,
                 "a trace can have " + std::to_string(most_traced_registers) + " registers, and this is one more");
        names_.emplace(std::string{word.text}, *address);
        return address;
    }

    std::optional<std::uint32_t> look_up(const source_word& word) {
        if (const auto address = catalogue::parse_address(word.text)) return *address;
        const auto found = catalogue::find_by_name(facts_, word.text.substr(0, most_register_name));
        if (!found) {
            fail(word, found.error());
            return std::nullopt;
        }
        for (const auto& one : *found) {
            if (one.field != nullptr || one.address() != found->front().address()) {
                fail(word, in_backticks(word.text) + " is not one whole register");
                return std::nullopt;
            }
        }
        if (found->empty()) fail(word, in_backticks(word.text) + " is no register");
        return found->empty() ? std::nullopt : std::optional{found->front().address()};
    }

    using numbers = std::map<std::string, std::uint32_t, std::less<>>;

    void declare(words all, std::vector<traced_set>& sets, numbers& known) {
        if (all.size() < 2) return fail_after(all[0], "a name is missing");
        const auto name = all[1].text;
        if (known.contains(name)) return fail(all[1], in_backticks(name) + " is declared twice");
        traced_set one{std::string{name}, {}};
        assign(one.registers, registers(all.subspan(2)));
        known.emplace(one.name, static_cast<std::uint32_t>(sets.size()));
        sets.push_back(std::move(one));
    }

    void event(words all, std::uint64_t cpu) {
        if (cpu >= most_traced_cpus)
            return fail(all[0], "CPUs are numbered up to " + std::to_string(most_traced_cpus - 1));
        if (all.size() < 2) return fail_after(all[0], "what happened is missing");
        const auto* const found = std::ranges::find(event_words, all[1].text, &event_word::word);
        if (found == event_words.end()) return fail(all[1], "there is no event " + in_backticks(all[1].text));
        traced_event one{.what = found->what, .cpu = static_cast<std::uint16_t>(cpu), .line = line_};
        auto rest = all.subspan(2);
        if (one.what == switch_event::switch_to && !who(all, "task", tasks_, one.who)) return;
        if (one.what == switch_event::load && !who(all, "guest", guests_, one.who)) return;
        if (one.what == switch_event::switch_to || one.what == switch_event::load) rest = rest.subspan(1);
        const bool takes_values =
            one.what == switch_event::switch_to || one.what == switch_event::load || one.what == switch_event::write;
        if (!takes_values && !rest.empty()) return fail(rest[0], in_backticks(all[1].text) + " has nothing behind it");
        one.registers = registers(rest);
        if (one.what == switch_event::write && one.registers.empty())
            return fail_after(all[1], "what is written is missing");
        if (!wrong_ && follows(all[1], one)) result_.events.push_back(std::move(one));
    }

    bool who(words all, std::string_view kind, const numbers& known, std::uint32_t& into) {
        if (all.size() < 3) {
            fail_after(all[1], "a " + std::string{kind} + " is missing");
            return false;
        }
        const auto found = known.find(all[2].text);
        if (found == known.end()) {
            fail(all[2], "no " + std::string{kind} + ' ' + in_backticks(all[2].text) + " is declared");
            return false;
        }
        into = found->second;
        return true;
    }

    // Whether that can happen on the CPU as it is.
    bool follows(const source_word& at, const traced_event& one) {
        auto& has_guest = has_guest_[one.cpu];
        const auto where = " on CPU " + std::to_string(one.cpu);
        const bool leaves_guest = one.what == switch_event::put;
        if (leaves_guest && !has_guest) fail(at, "no guest is loaded" + where);
        const bool allowed_with_guest = leaves_guest || one.what == switch_event::write;
        if (has_guest && !allowed_with_guest) fail(at, "a guest is loaded" + where + ": it is put first");
        if (one.what == switch_event::load) has_guest = true;
        if (leaves_guest) has_guest = false;
        return !wrong_;
    }

    const catalogue::tables& facts_;
    switch_trace result_;
    std::optional<mistake> wrong_;
    int line_ = 0;
    std::map<std::string, std::uint32_t, std::less<>> names_;
    std::map<std::uint32_t, bool> addresses_;
    numbers tasks_;
    numbers guests_;
    std::map<std::uint16_t, bool> has_guest_;  // by CPU
};

}  // namespace

text to_string(switch_event one) {
    for (const auto& [word, what] : event_words) {
        if (what == one) return {word.data(), word.size()};
    }
    return {};
}

std::expected<switch_trace, mistake> read_switch_trace(std::string_view text, const catalogue::tables& facts) {
    return trace_reader{facts}.read(text);
}

void assign(register_values& set, const register_values& values) {
    for (const auto& one : values) {
        const auto at = std::ranges::lower_bound(set, one.address, {}, &profile::known_register::address);
        if (at != set.end() && at->address == one.address) {
            at->value = one.value;
        } else {
            set.insert(at, one);
        }
    }
}

const profile::known_register* find_register(const register_values& set, std::uint32_t address) {
    const auto at = std::ranges::lower_bound(set, address, {}, &profile::known_register::address);
    return at != set.end() && at->address == address ? &*at : nullptr;
}

std::vector<std::uint32_t> switch_trace::addresses() const {
    register_values all;
    for (const auto* list : {&host, &entry, &exit})
        assign(all, *list);
    for (const auto* sets : {&tasks, &guests}) {
        for (const auto& one : *sets)
            assign(all, one.registers);
    }
    for (const auto& one : events)
        assign(all, one.registers);
    std::vector<std::uint32_t> result;
    for (const auto& one : all)
        result.push_back(one.address);
    return result;
}

}  // namespace msr::context
