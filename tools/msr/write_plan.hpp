// What a command is going to write: registers, CPUs, old and new values, and all that speaks against it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "msr/host/journal.hpp"
#include "msr/host/owned.hpp"
#include "tools/msr/choose.hpp"

namespace tool {

/// One register of one CPU.
struct planned_change {
    catalogue::target what;             // no entry: the catalogue has none for this CPU
    host::register_write write;         // name, address and CPU are always there
    bool needed = true;                 // false: it holds the value already
    std::vector<std::string> refusals;  // why not, unless it is forced
    std::vector<std::string> notes;     // what else there is to know
};

/// A register on a CPU, with what a value is made from.
struct register_view {
    const layout& fields;
    const profile::behaviour& behaviour;
    std::uint64_t old;     // 0 where it cannot be read
    std::uint64_t steady;  // bits that do not change by themselves

    /// The old value with ones and zeros such that writing it changes nothing: where a one clears, a zero.
    [[nodiscard]] std::uint64_t unchanged() const {
        return (old & ~behaviour.cleared_by_one) | behaviour.cleared_by_zero;
    }
    /// What has to be written so that `from` becomes `to`, as far as a write can do that.
    [[nodiscard]] std::uint64_t leading(std::uint64_t from, std::uint64_t to) const;
};

struct wanted_value {
    std::uint64_t value = 0;
    std::uint64_t asked = 0;  // bits that somebody asked for; the others are only carried along
    bool whole = false;       // the whole register was given: bits that do not take a write are no mistake
};

using make_value = std::function<host::outcome<wanted_value>(const register_view&)>;

/// Reads the register on the CPU, makes the value and holds it against the catalogue. The session must have learnt
/// the candidates. The error is one of `make`.
[[nodiscard]] host::outcome<planned_change> plan_change(session& from, std::uint32_t cpu, const register_name& where,
                                                        const make_value& make);

/// A value that must become exactly this, in the bits that do not change by themselves.
[[nodiscard]] make_value exactly(std::uint64_t target);

/// Says on the change that a write does not lead to `target`, if that is so.
void expect_result(planned_change& change, std::uint64_t target);

struct write_plan {
    std::vector<planned_change> changes;

    [[nodiscard]] bool is_refused() const;
    [[nodiscard]] bool is_needed() const;
};

/// Text and JSON; CPUs with the same change stand together.
void print_plan(const session& from, const write_plan& plan, bool forced);
[[nodiscard]] json plan_json(const session& from, const write_plan& plan);

}  // namespace tool
