#include "compiler/audit/possible.hpp"

#include <algorithm>
#include <optional>

#include "msr/catalogue/evaluate.hpp"

namespace msr::audit {

namespace {

using catalogue::expression;
using catalogue::instruction;
using catalogue::operation;
using catalogue::processor_match;

constexpr unsigned steppings = 16;

bool is_of(const processor_match& match, const cpu_model& on) {
    return match.family == on.family && match.model_first <= on.model && on.model <= match.model_last;
}

struct known_model {
    const catalogue::tables& facts;
    const cpu_model& on;
    unsigned of_vendor;
    unsigned with_stepping;

    [[nodiscard]] static bool feature(std::uint32_t) { return false; }  // open_facts leaves none
    [[nodiscard]] static std::uint64_t quantity(std::uint32_t) { return 0; }
    [[nodiscard]] bool vendor(std::uint32_t index) const { return index == of_vendor; }
    [[nodiscard]] bool processors(std::uint32_t index) const {
        return std::ranges::any_of(facts.processors[index].matches, [&](const processor_match& match) {
            return match.vendor == of_vendor && is_of(match, on) && match.stepping_first <= with_stepping &&
                   with_stepping <= match.stepping_last;
        });
    }
    [[nodiscard]] std::uint32_t family() const { return on.family; }
    [[nodiscard]] std::uint32_t model() const { return on.model; }
    [[nodiscard]] std::uint32_t stepping() const { return with_stepping; }
    [[nodiscard]] static std::uint64_t self_bits(int, int) { return 0; }
    [[nodiscard]] static std::optional<std::uint64_t> register_bits(std::uint32_t, int, int) { return std::nullopt; }
};

// The condition with what follows from others written out, and what CPUID says replaced by a register's bits: these are
// what evaluation takes for unknown.
void open_facts(expression condition, const catalogue::tables& facts, std::vector<instruction>& into) {
    for (const auto& step : condition) {
        const bool feature = step.code == operation::feature;
        if (feature && !facts.features[step.operand].condition.empty()) {
            open_facts(facts.features[step.operand].condition, facts, into);
        } else if (feature || step.code == operation::quantity) {
            into.push_back({.code = operation::register_bits});
        } else {
            into.push_back(step);
        }
    }
}

bool fits_the_stack(const std::vector<instruction>& program) {
    std::size_t depth = 0;
    for (const auto& step : program) {
        if (step.code < operation::logical_and && ++depth > catalogue::expression_depth) return false;
        if (step.code > operation::logical_not || step.code == operation::logical_and ||
            step.code == operation::logical_or)
            --depth;
    }
    return true;
}

// Vendors that have a processor of this family and model; all of them where none has, as it may be a new one.
std::vector<unsigned> vendors_of(const cpu_model& on, const catalogue::tables& facts) {
    std::vector<unsigned> result;
    for (unsigned vendor = 0; vendor < facts.vendors.size(); ++vendor) {
        for (const auto& processor : facts.processors) {
            const auto its = [&](const processor_match& match) { return match.vendor == vendor && is_of(match, on); };
            if (!std::ranges::any_of(processor.matches, its)) continue;
            result.push_back(vendor);
            break;
        }
    }
    for (unsigned vendor = 0; result.empty() && vendor < facts.vendors.size(); ++vendor)
        result.push_back(vendor);
    return result;
}

}  // namespace

bool can_hold(expression condition, const cpu_model& on, const catalogue::tables& facts) {
    if (condition.empty()) return true;
    std::vector<instruction> program;
    open_facts(condition, facts, program);
    if (!fits_the_stack(program)) return true;
    for (const auto vendor : vendors_of(on, facts)) {
        for (unsigned stepping = 0; stepping < steppings; ++stepping) {
            if (test(expression{program}, known_model{facts, on, vendor, stepping}) != catalogue::holds::no)
                return true;
        }
    }
    return false;
}

}  // namespace msr::audit
