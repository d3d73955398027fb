// Whether two rows of a policy can both decide one access, and differently.
#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "msr/catalogue/load/expression_parser.hpp"
#include "msr/catalogue/load/policies.hpp"
#include "msr/catalogue/terms.hpp"

namespace msr::catalogue::load {

namespace {

// Facts that stand for themselves: of two conditions that name more it is not found out whether both can hold at once.
constexpr std::size_t most_facts = 14;

bool equal(const program& left, const program& right) {
    return std::ranges::equal(left, right, [](const instruction& one, const instruction& other) {
        return one.code == other.code && one.msb == other.msb && one.lsb == other.lsb && one.whose == other.whose &&
               one.operand == other.operand;
    });
}

// Conditions over facts that may be true or false on their own: every name, and every comparison of numbers, is one.
// What excludes what among them is not looked at, so that at most too many conditions count as able to hold at once.
class free_facts {
  public:
    // The condition with states in the places of its facts.
    program simplify(expression condition) {
        program result;
        std::vector<std::size_t> starts;  // of the operands, in the result
        for (const auto& step : condition) {
            if (step.code < operation::logical_and) {
                starts.push_back(result.size());
                result.push_back(step);
                continue;
            }
            const bool joins = step.code == operation::logical_and || step.code == operation::logical_or;
            if (step.code == operation::logical_not || joins) {
                if (joins) starts.pop_back();
                result.push_back(step);
                continue;
            }
            starts.pop_back();
            program compared(result.begin() + static_cast<std::ptrdiff_t>(starts.back()), result.end());
            result.resize(starts.back());
            append(step.code, std::move(compared), result);
        }
        for (auto& step : result) {
            if (step.code < operation::logical_and && step.code != operation::number && !is_fact(step))
                step = fact({step});
        }
        return result;
    }

    [[nodiscard]] bool too_many() const { return facts_.size() > most_facts; }

  private:
    // Marks the facts in a program that is being simplified: no condition has fields of itself.
    static bool is_fact(const instruction& step) { return step.code == operation::state && step.msb == 1; }

    // a != b is not a == b, and so on: the two are one fact.
    void append(operation code, program compared, program& result) {
        const bool inverse =
            code == operation::not_equal || code == operation::greater_equal || code == operation::greater;
        if (code == operation::not_equal) code = operation::equal;
        if (code == operation::greater_equal) code = operation::less;
        if (code == operation::greater) code = operation::less_equal;
        compared.push_back({.code = code});
        result.push_back(fact(compared));
        if (inverse) result.push_back({.code = operation::logical_not});
    }

    instruction fact(const program& code) {
        const auto known = std::ranges::find_if(facts_, [&](const program& one) { return equal(one, code); });
        const auto number = static_cast<std::uint64_t>(known - facts_.begin());
        if (known == facts_.end()) facts_.push_back(code);
        return {.code = operation::state, .msb = 1, .operand = number};
    }

    std::vector<program> facts_;
};

// Of what is left when all facts are states.
struct nothing_else {
    [[nodiscard]] static bool feature(std::uint32_t) { return false; }
    [[nodiscard]] static bool vendor(std::uint32_t) { return false; }
    [[nodiscard]] static bool processors(std::uint32_t) { return false; }
    [[nodiscard]] static std::uint32_t quantity(std::uint32_t) { return 0; }
    [[nodiscard]] static std::uint32_t family() { return 0; }
    [[nodiscard]] static std::uint32_t model() { return 0; }
    [[nodiscard]] static std::uint32_t stepping() { return 0; }
    [[nodiscard]] static std::uint64_t self_bits(int, int) { return 0; }
    [[nodiscard]] static std::optional<std::uint64_t> register_bits(std::uint32_t, int, int) { return 0; }
    [[nodiscard]] const nothing_else& cpu(subject) const { return *this; }
    [[nodiscard]] static bool setting(std::uint32_t) { return false; }
};

// Whether both can hold at once; nothing where that is too much to find out.
std::optional<bool> can_hold_together(expression one, expression other) {
    free_facts facts;
    auto both = facts.simplify(one);
    const auto second = facts.simplify(other);
    if (facts.too_many()) return std::nullopt;
    both.insert(both.end(), second.begin(), second.end());
    if (!one.empty() && !other.empty()) both.push_back({.code = operation::logical_and});
    if (!fits(both)) return std::nullopt;
    bool can = false;
    each_term(both, nothing_else{}, [&](const term&) { can = true; });
    return can;
}

bool contains(const policy_registers& all, std::uint32_t address) {
    const auto offset = address - all.first;
    return address >= all.first && offset % all.stride == 0 && offset / all.stride < all.count;
}

bool overlap(view<policy_registers> left, view<policy_registers> right) {
    return std::ranges::any_of(left, [&](const auto& one) {
        return std::ranges::any_of(right, [&](const auto& other) { return load::overlap(one, other); });
    });
}

}  // namespace

bool overlap(const policy_registers& one, const policy_registers& other) {
    if (one.stride == 1 && other.stride == 1)
        return one.first - other.first < other.count || other.first - one.first < one.count;
    if (other.count < one.count) return overlap(other, one);
    for (std::uint32_t member = 0; member < one.count; ++member) {
        if (contains(other, one.first + member * one.stride)) return true;
    }
    return false;
}

std::optional<row_conflict> contradiction(const policy_row& earlier, const policy_row& later) {
    const bool reads = earlier.reads && later.reads;
    const bool writes = earlier.writes && later.writes;
    if ((!reads && !writes) || (!earlier.passes && !later.passes)) return std::nullopt;
    if (earlier.passes && later.passes && earlier.filtered == later.filtered) return std::nullopt;
    if (!overlap(earlier.registers, later.registers)) return std::nullopt;
    if (earlier.passes && later.passes) return row_conflict{"only one of the two consults the filter"};
    const auto together = can_hold_together(earlier.when, later.when);
    if (!together) {
        return row_conflict{
            fmt::format("more than {} facts in the two conditions: whether both can hold at once cannot "
                        "be told",
                        most_facts),
            false};
    }
    if (!*together) return std::nullopt;
    return row_conflict{later.passes ? "what passes here is intercepted there, and both can hold at once"
                                     : "what is intercepted here passes there, and both can hold at once"};
}

}  // namespace msr::catalogue::load
