// The journal's lines: to text and back.
#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "msr/host/journal.hpp"

namespace msr::host {
namespace {

using json = nlohmann::ordered_json;

struct event_word {
    journal_event event;
    std::string_view word;
};

constexpr std::array events{
    event_word{journal_event::write, "write"},
    event_word{journal_event::done, "done"},
    event_word{journal_event::failed, "failed"},
    event_word{journal_event::put_back, "put_back"},
    event_word{journal_event::put_back_done, "put_back_done"},
    event_word{journal_event::put_back_failed, "put_back_failed"},
    event_word{journal_event::end, "end"},
};

std::string hexadecimal(std::uint64_t value) {
    return fmt::format("{:#x}", value);
}

struct damaged {};

std::uint64_t number(const json& from, const char* key) {
    const auto& words = from.at(key).get_ref<const std::string&>();
    std::uint64_t value = 0;
    if (!words.starts_with("0x")) throw damaged{};
    const auto* const end = words.data() + words.size();
    const auto [stopped, status] = std::from_chars(words.data() + 2, end, value, 16);
    if (status != std::errc{} || stopped != end) throw damaged{};
    return value;
}

// The library would make a number of 32 bits of any other.
std::uint32_t narrow(std::uint64_t value) {
    if (value > 0xFFFFFFFFU) throw damaged{};
    return static_cast<std::uint32_t>(value);
}

std::uint32_t count(const json& from, const char* key) {
    if (!from.at(key).is_number_unsigned()) throw damaged{};
    return narrow(from.at(key).get<std::uint64_t>());
}

register_write read_write(const json& from) {
    register_write what{.cpu = count(from, "cpu"),
                        .address = narrow(number(from, "address")),
                        .name = from.at("name").get<std::string>(),
                        .value = number(from, "new"),
                        .result = number(from, "result"),
                        .steady = number(from, "steady")};
    if (!from.at("old").is_null()) what.old = number(from, "old");
    return what;
}

journal_line read_line(const json& from) {
    const auto word = from.at("event").get<std::string>();
    const auto* const event = std::ranges::find(events, word, &event_word::word);
    if (event == events.end()) throw damaged{};
    journal_line line{.event = event->event,
                      .command = {.id = from.at("command").get<std::string>()},
                      .time = from.at("time").get<std::string>(),
                      .why = from.value("why", "")};
    line.command.verb = from.value("verb", "");
    line.command.undoes = from.value("undoes", "");
    line.command.boot = from.value("boot", "");
    if (line.event == journal_event::end) return line;
    line.step = count(from, "step");
    if (line.event == journal_event::write) line.what = read_write(from);
    return line;
}

step_state state_after(journal_event event) {
    switch (event) {
        case journal_event::done: return step_state::done;
        case journal_event::failed: return step_state::failed;
        case journal_event::put_back: return step_state::putting_back;
        case journal_event::put_back_done: return step_state::put_back;
        case journal_event::put_back_failed: return step_state::put_back_failed;
        default: return step_state::about_to;
    }
}

// What a line says of its command. Where the line that begins a step was lost, what follows it says nothing.
void add(std::vector<journal_command>& commands, journal_line line) {
    auto command = std::ranges::find(commands, line.command.id, [](const auto& one) { return one.identity.id; });
    if (command == commands.end()) {
        const bool complete = line.event == journal_event::write || line.event == journal_event::end;
        if (!complete || line.command.verb.empty()) return;
        commands.push_back({.identity = line.command, .time = line.time});
        command = std::prev(commands.end());
    }
    if (line.event == journal_event::end) {
        command->end = line.why;
    } else if (line.event == journal_event::write) {
        command->steps.push_back({.number = line.step, .what = std::move(line.what)});
    } else {
        const auto newest_first = command->steps | std::views::reverse;
        const auto step = std::ranges::find(newest_first, line.step, &journal_step::number);
        if (step != newest_first.end()) step->state = state_after(line.event);
    }
}

}  // namespace

std::string to_text(const journal_line& line) {
    const auto* const word = std::ranges::find(events, line.event, &event_word::event);
    json all{{"event", word->word}, {"command", line.command.id}};
    if (line.event != journal_event::end) all["step"] = line.step;
    all["verb"] = line.command.verb;
    if (!line.command.undoes.empty()) all["undoes"] = line.command.undoes;
    all["boot"] = line.command.boot;
    if (line.event == journal_event::write || line.event == journal_event::put_back) {
        const auto& what = line.what;
        all["cpu"] = what.cpu;
        all["address"] = hexadecimal(what.address);
        all["name"] = what.name;
        all["old"] = what.old ? json(hexadecimal(*what.old)) : json(nullptr);
        all["new"] = hexadecimal(what.value);
        all["result"] = hexadecimal(what.result);
        all["steady"] = hexadecimal(what.steady);
    }
    all["time"] = line.time;
    if (!line.why.empty()) all["why"] = line.why;
    return all.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

journal_contents read_journal_text(std::string_view text) {
    journal_contents contents;
    std::size_t at = 0;
    for (const auto part : text | std::views::split('\n')) {
        ++at;
        const std::string_view words{part.begin(), part.end()};
        if (words.empty()) continue;
        try {
            add(contents.commands, read_line(json::parse(words)));
        } catch (const json::exception&) {
            contents.unreadable.push_back(at);
        } catch (const damaged&) {
            contents.unreadable.push_back(at);
        }
    }
    return contents;
}

const journal_command* journal_contents::find(std::string_view id) const {
    const auto found = std::ranges::find_if(commands, [&](const auto& one) { return one.identity.id == id; });
    return found == commands.end() ? nullptr : &*found;
}

bool journal_contents::stands(const journal_command& one) const {
    const auto undoes = [&](const journal_command& later) {
        return later.identity.undoes == one.identity.id && later.is_done() && stands(later);
    };
    return std::none_of(commands.begin() + (&one - commands.data()) + 1, commands.end(), undoes);
}

const journal_command* journal_contents::last_to_undo() const {
    const auto found = std::ranges::find_if(commands | std::views::reverse, [&](const journal_command& one) {
        return one.identity.undoes.empty() && one.end != "put back" && stands(one);
    });
    return found == std::ranges::rend(commands) ? nullptr : &*found;
}

}  // namespace msr::host
