// The report: everything that the registers of a machine say, by topic.
#pragma once

#include <span>

#include "tools/msr/report/topics.hpp"
#include "tools/msr/report/tree.hpp"
#include "tools/msr/session.hpp"

namespace tool::report {

/// What a machine is beside its registers: virtual, live, and where its kernel is entered.
[[nodiscard]] surroundings surroundings_of(const session& from);

/// Reads all that the catalogue says exists, in one batch, and says what it means.
[[nodiscard]] document make(session& from, const surroundings& where, const host::progress& progress = {});

/// Only these topics, from values that were read. The session must have learnt everything.
[[nodiscard]] document make(session& from, const surroundings& where, std::span<const topic> topics,
                            const host::readings& values);

}  // namespace tool::report
