#include "msr/host/transaction.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace msr::host {
namespace {

std::string place_of(const register_write& what) {
    return fmt::format("{} on CPU {}", what.name, what.cpu);
}

class transaction {
  public:
    transaction(machine& on, journal_writer& log, const command_identity& command,
                std::span<const register_write> writes)
        : on_{on}, log_{log}, command_{command}, writes_{writes} {
        result_.writes.resize(writes.size());
    }

    transaction_result run() {
        for (std::size_t step = 0; step < writes_.size() && result_.done(); ++step)
            result_.problem = make(step);
        if (result_.done()) {
            note(log(journal_event::end, 0, "done"));
        } else {
            put_all_back();
        }
        return std::move(result_);
    }

  private:
    using problem = std::optional<error>;

    result<std::uint64_t> read(const register_write& what) {
        return on_.read({&what.cpu, 1}, {&what.address, 1}).at(0, 0);
    }

    outcome<void> log(journal_event event, std::size_t step, std::string why = {}) {
        return log(event, step, {}, std::move(why));
    }

    outcome<void> log(journal_event event, std::size_t step, register_write what, std::string why = {}) {
        return log_.append({.event = event,
                            .command = command_,
                            .step = static_cast<std::uint32_t>(step),
                            .what = std::move(what),
                            .time = utc_now(),
                            .why = std::move(why)});
    }

    void note(const outcome<void>& what) {
        if (!what) result_.add(what.error());
    }

    // Registers that CPUs share change under the later ones.
    [[nodiscard]] bool changed_by_us(std::size_t step, std::uint64_t now) const {
        const auto& what = writes_[step];
        return std::ranges::any_of(writes_.first(step), [&](const register_write& before) {
            return before.address == what.address && what.same(before.result, now);
        });
    }

    // What is written where bits have changed by themselves since the plan was made.
    problem bring_up_to_date(std::size_t step, register_write& what) {
        if (!what.old) return {};
        const auto now = read(what);
        if (!now) return on_.explain(now.error());
        result_.writes[step].holds = *now;
        if (!what.same(*what.old, *now) && !changed_by_us(step, *now)) {
            return error{error_kind::not_possible, "cannot write " + place_of(what),
                         fmt::format("it held {:#x} when the plan was made, and holds {:#x} now", *what.old, *now),
                         "something else writes it; try again"};
        }
        what.value = (what.value & ~what.follow) | (*now & what.follow);
        return {};
    }

    problem make(std::size_t step) {
        auto what = writes_[step];
        if (auto changed = bring_up_to_date(step, what)) return changed;
        if (const auto logged = log(journal_event::write, step, what); !logged) return logged.error();
        auto& state = result_.writes[step];
        state.state = write_state::written;  // unless it turns out otherwise: the write may have gone half way
        const auto written = on_.write(what.cpu, what.address, what.value);
        auto trouble = written ? read_back(step, what.result) : on_.explain(written.error());
        if (!trouble) {
            const auto logged = log(journal_event::done, step);
            return logged ? problem{} : logged.error();
        }
        note(log(journal_event::failed, step, trouble->line()));
        if (!written && holds_old(step)) state.state = write_state::refused;
        return trouble;
    }

    problem read_back(std::size_t step, std::uint64_t expected) {
        const auto& what = writes_[step];
        if (!what.old) return {};
        const auto now = read(what);
        if (!now) return on_.explain(now.error());
        result_.writes[step].holds = *now;
        if (what.same(*now, expected)) return {};
        return error{error_kind::refused, place_of(what) + " did not take the value",
                     fmt::format("it should hold {:#x}, and holds {:#x}", expected, *now), ""};
    }

    bool holds_old(std::size_t step) {
        const auto& what = writes_[step];
        // A refused write of a register that cannot be read did nothing, as far as anybody can know.
        if (!what.old) return true;
        const auto now = read(what);
        if (!now) return false;
        result_.writes[step].holds = *now;
        return what.same(*now, *what.old);
    }

    void put_all_back() {
        bool all = true;
        for (auto step = writes_.size(); step-- > 0;) {
            auto& one = result_.writes[step];
            if (one.state != write_state::written) continue;
            auto trouble = put_back(step);
            one.state = trouble ? write_state::not_put_back : write_state::put_back;
            if (trouble) result_.add(std::move(*trouble));
            all = all && one.state == write_state::put_back;
        }
        note(log(journal_event::end, 0, all ? "put back" : "not put back"));
    }

    problem put_back(std::size_t step) {
        auto what = writes_[step];
        if (!what.old) {
            return error{error_kind::not_possible, "cannot put back " + place_of(what),
                         "it cannot be read: nobody knows what it held", ""};
        }
        const auto now = read(what);
        what.value = (what.back & ~what.follow) | (now.value_or(what.back) & what.follow);
        // Even without the journal: to leave the register as it is would be worse.
        note(log(journal_event::put_back, step, what));
        const auto written = on_.write(what.cpu, what.address, what.value);
        auto trouble = written ? read_back(step, *what.old) : on_.explain(written.error());
        if (trouble) trouble->what = fmt::format("cannot put back {}: {}", place_of(what), trouble->what);
        note(log(trouble ? journal_event::put_back_failed : journal_event::put_back_done, step,
                 trouble ? trouble->line() : ""));
        return trouble;
    }

    machine& on_;
    journal_writer& log_;
    const command_identity& command_;
    std::span<const register_write> writes_;
    transaction_result result_;
};

}  // namespace

void transaction_result::add(error one) {
    const auto same = [&](const error& other) { return other.line() == one.line(); };
    if (!(problem && same(*problem)) && std::ranges::none_of(more, same)) more.push_back(std::move(one));
}

transaction_result carry_out(machine& on, journal_writer& log, const command_identity& command,
                             std::span<const register_write> writes) {
    return transaction{on, log, command, writes}.run();
}

}  // namespace msr::host
