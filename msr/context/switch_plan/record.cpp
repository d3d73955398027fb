#include "msr/context/switch_plan/record.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "msr/catalogue/lookup.hpp"
#include "msr/context/switch_plan/switch_trace.hpp"

namespace msr::context {

namespace {

template <class Number>
std::optional<Number> parse(std::string_view word, int base) {
    Number result{};
    const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), result, base);
    if (word.empty() || status != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return result;
}

// One line of the kernel's: "bash-12  [001] d..2.  34.567: write_msr: c0000100, value 7f00".
struct kernel_line {
    std::uint16_t cpu = 0;
    std::string_view event;
    std::string_view rest;
};

std::optional<kernel_line> parse_line(std::string_view line) {
    // A task's name can hold anything; the CPU has brackets and at least three digits.
    for (auto at = line.find(" ["); at != std::string_view::npos; at = line.find(" [", at + 1)) {
        const auto end = line.find("] ", at);
        if (end == std::string_view::npos) return std::nullopt;
        const auto cpu = parse<std::uint16_t>(line.substr(at + 2, end - at - 2), 10);
        if (!cpu || end - at < 5) continue;
        const auto time = line.find(": ", end);
        if (time == std::string_view::npos) return std::nullopt;
        const auto name = line.find(": ", time + 2);
        if (name == std::string_view::npos) return std::nullopt;
        return kernel_line{*cpu, line.substr(time + 2, name - time - 2), line.substr(name + 2)};
    }
    return std::nullopt;
}

// The names of tasks hold what separates words in a trace.
std::string plain_name(std::string_view name) {
    std::string result{name};
    for (auto& letter : result) {
        if (letter <= ' ' || letter == ',' || letter == '=' || letter == '#' || letter > '~') letter = '_';
    }
    return result;
}

class recorder {
  public:
    recorder(const catalogue::tables& facts, std::string_view title) : facts_{facts} {
        result_.text = fmt::format("recorded {}\n", plain_title(title));
    }

    std::expected<recorded_switches, mistake> read(std::string_view from) {
        has_system_calls_ = from.find(": sys_exit: ") != std::string_view::npos;
        for (int number = 1; !from.empty(); ++number) {
            const auto end = std::min(from.find('\n'), from.size());
            if (const auto wrong = one_line(from.substr(0, end)); !wrong.empty())
                return std::unexpected{mistake{number, 1, wrong}};
            from.remove_prefix(std::min(end + 1, from.size()));
        }
        for (auto& [cpu, pending] : pending_)
            flush(cpu, pending);
        if (result_.switches + result_.writes == 0)
            return std::unexpected{mistake{1, 1, "no event of sched_switch or write_msr is in it"}};
        return std::move(result_);
    }

  private:
    // A switch whose writes may still follow.
    struct pending_switch {
        std::string task;
        bool idle = false;
        register_values values;
    };

    static std::string plain_title(std::string_view title) {
        std::string result{title.substr(0, title.find('\n'))};
        return result.substr(0, result.find('#'));
    }

    // What is wrong with it; empty if nothing is.
    std::string one_line(std::string_view line) {
        if (line.starts_with('#')) return {};
        if (const auto at = line.find(" [LOST "); line.starts_with("CPU:") && at != std::string_view::npos) {
            const auto count = line.substr(at + 7, line.find(' ', at + 7) - at - 7);
            result_.lost += parse<std::uint64_t>(count, 10).value_or(1);
            return {};
        }
        const auto one = parse_line(line);
        if (!one) return {};
        if (one->cpu >= most_traced_cpus) return fmt::format("CPU {} is beyond those of a trace", one->cpu);
        if (one->event == "sched_switch") return task_switch(*one);
        if (one->event == "write_msr") return write(*one);
        const bool enters = one->event == "sys_enter";
        if (enters || one->event == "sys_exit") {
            flush(one->cpu);
            result_.system_calls += enters ? 1 : 0;
            say(one->cpu, enters ? switch_event::enter : switch_event::exit);
        }
        return {};
    }

    std::string task_switch(const kernel_line& line) {
        constexpr std::string_view before_name = "==> next_comm=";
        constexpr std::string_view before_number = " next_pid=";
        const auto name = line.rest.find(before_name);
        const auto number = line.rest.rfind(before_number);
        if (name == std::string_view::npos || number == std::string_view::npos || number < name)
            return "a sched_switch that does not name the next task";
        const auto digits = line.rest.substr(number + before_number.size());
        const auto pid = digits.substr(0, digits.find(' '));
        if (!parse<std::uint64_t>(pid, 10)) return fmt::format("`{}` is no task's number", pid);
        const auto first = name + before_name.size();
        flush(line.cpu);
        ++result_.switches;
        const auto task = plain_name(fmt::format("{}-{}", line.rest.substr(first, number - first), pid));
        if (tasks_.insert(task).second) result_.text += fmt::format("task {}\n", task);
        pending_[line.cpu] = {task, pid == "0", {}};
        return {};
    }

    std::string write(const kernel_line& line) {
        constexpr std::string_view between = ", value ";
        const auto comma = line.rest.find(between);
        if (comma == std::string_view::npos) return "a write_msr without a value";
        auto digits = line.rest.substr(comma + between.size());
        const bool fault = digits.find("#GP") != std::string_view::npos;
        digits = digits.substr(0, digits.find_first_of(" \r"));
        const auto address = parse<std::uint32_t>(line.rest.substr(0, comma), 16);
        const auto value = parse<std::uint64_t>(digits, 16);
        if (!address || !value) return fmt::format("`{}` is no write of a register", line.rest);
        if (fault) {
            ++result_.refused;
            return {};
        }
        ++result_.writes;
        auto& pending = pending_[line.cpu];
        if (!pending.task.empty() && belongs_to_tasks(*address) && find_register(pending.values, *address) == nullptr) {
            assign(pending.values, {{*address, *value}});
            return {};
        }
        flush(line.cpu, pending);
        say(line.cpu, switch_event::write);
        result_.text.pop_back();
        result_.text += fmt::format(" {}={:#x}\n", name_of(*address), *value);
        return {};
    }

    [[nodiscard]] bool belongs_to_tasks(std::uint32_t address) const {
        for (const auto& one : catalogue::at_address(facts_, address)) {
            if (catalogue::is_switched(*one.entry)) return true;
        }
        return false;
    }

    const std::string& name_of(std::uint32_t address) {
        auto& name = names_[address];
        if (!name.empty()) return name;
        for (const auto& one : catalogue::at_address(facts_, address)) {
            const auto called = catalogue::name_of(*one.entry, one.member);
            if (!name.empty() && name != called) {
                name.clear();
                break;
            }
            name = called;
        }
        if (name.empty()) name = fmt::format("{:#x}", address);
        return name;
    }

    void say(std::uint16_t cpu, switch_event what) {
        result_.text += fmt::format("{} {}\n", cpu, std::string_view{to_string(what)});
    }

    void flush(std::uint16_t cpu) {
        if (const auto found = pending_.find(cpu); found != pending_.end()) flush(cpu, found->second);
    }

    void flush(std::uint16_t cpu, pending_switch& pending) {
        if (pending.task.empty()) return;
        result_.text += fmt::format("{} switch {}", cpu, pending.task);
        for (const auto& [address, value] : pending.values)
            result_.text += fmt::format(" {}={:#x}", name_of(address), value);
        result_.text += '\n';
        if (!pending.idle && !has_system_calls_) say(cpu, switch_event::user);
        pending = {};
    }

    const catalogue::tables& facts_;
    bool has_system_calls_ = false;
    recorded_switches result_;
    std::set<std::string> tasks_;
    std::map<std::uint16_t, pending_switch> pending_;  // by CPU
    std::map<std::uint32_t, std::string> names_;
};

}  // namespace

std::expected<recorded_switches, mistake> record_switches(std::string_view from, const catalogue::tables& facts,
                                                          std::string_view title) {
    return recorder{facts, title}.read(from);
}

}  // namespace msr::context
