// What `msr vmx` and `msr svm` have in common: a report on a few topics, and the registers that it needs.
#pragma once

#include <expected>
#include <functional>

#include "tools/msr/report/report.hpp"

namespace tool {

/// What a verb adds to the report's JSON for one CPU.
using details_of = std::function<json(const report::cpu_values& cpu)>;

/// What such a verb is.
struct extension_question {
    const char* name;   // the verb's
    const char* title;  // what it does
    std::span<const report::topic> topics;
    std::uint32_t register_of_topic;      // all registers of its topic are read,
    std::span<const std::uint32_t> more;  // and these
    details_of details;
};

/// Runs the verb.
exit_code ask_extension(const extension_question& asked, int argc, char** argv);

/// The library's verdict for JSON: `why` and `address` tell the first step that is missing, where one is.
template <class Obstacle>
[[nodiscard]] json readiness_json(bool ready, const std::expected<void, Obstacle>& verdict) {
    json result{{"ready", ready}};
    if (verdict) return result;
    result["why"] = str(to_string(verdict.error().why));
    if (verdict.error().index != 0) result["address"] = hex(verdict.error().index);
    return result;
}

/// Reads the registers of one topic, and more, of all CPUs of the session.
[[nodiscard]] host::readings read_topic(session& from, std::uint32_t register_of_topic,
                                        std::span<const std::uint32_t> more);

}  // namespace tool
