#include "msr/catalogue/load/exclusion.hpp"

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "msr/catalogue/evaluate.hpp"

namespace msr::catalogue::load {

namespace {

// Combinations beyond which it gives up; a pair of real entries mentions a few names.
constexpr std::size_t most_combinations = std::size_t{1} << 22U;

struct identity {
    std::size_t vendor = 0;
    std::uint32_t family = 0;
    std::uint32_t model = 0;
    std::uint32_t stepping = 0;
};

using register_place = std::tuple<std::uint64_t, int, int>;  // address, msb, lsb

bool matches(const processor_match& match, const identity& cpu) {
    return match.vendor == cpu.vendor && match.family == cpu.family && match.model_first <= cpu.model &&
           cpu.model <= match.model_last && match.stepping_first <= cpu.stepping && cpu.stepping <= match.stepping_last;
}

// Everything that the conditions mention, and the values worth trying for each.
class mentions {
  public:
    explicit mentions(const tables& known) : known_{known} {}

    void add(expression code) {
        for (const auto& step : code) {
            switch (step.code) {
                case operation::number: around(numbers_, step.operand); break;
                case operation::feature: add_feature(step.operand); break;
                case operation::processors: groups_.insert(step.operand); break;
                case operation::quantity: quantities_.insert(step.operand); break;
                case operation::register_bits: registers_.insert({step.operand, step.msb, step.lsb}); break;
                default: break;
            }
        }
        compares_with_numbers_only_ = compares_with_numbers_only_ && compares_with_numbers_only(code);
    }

    /// Whether trying the values around the numbers mentioned is trying all that matters: of `model < family` or
    /// `model + 5 == 20` it is not.
    [[nodiscard]] bool can_be_tried() const { return compares_with_numbers_only_; }

    /// CPUs of every kind that the conditions can tell apart.
    [[nodiscard]] std::vector<identity> identities() const {
        std::vector<identity> result;
        // One past the vendors stands for any other.
        for (std::size_t vendor = 0; vendor <= known_.vendors.size(); ++vendor) {
            std::map<std::uint32_t, std::vector<const processor_match*>> families;
            for (const auto number : numbers_or_zero())
                families[number];
            for (const auto group : groups_) {
                for (const auto& match : known_.processors[group].matches) {
                    if (match.vendor == vendor) families[match.family].push_back(&match);
                }
            }
            for (const auto& [family, matches] : families)
                add_models(result, vendor, family, matches);
        }
        return result;
    }

    [[nodiscard]] const std::set<std::uint64_t>& features() const { return features_; }
    [[nodiscard]] const std::set<std::uint64_t>& quantities() const { return quantities_; }
    [[nodiscard]] const std::set<register_place>& registers() const { return registers_; }
    [[nodiscard]] std::vector<std::uint64_t> numbers() const { return {numbers_.begin(), numbers_.end()}; }

  private:
    static void around(std::set<std::uint64_t>& into, std::uint64_t number) {
        into.insert({0, 1, number, number + 1});
        if (number > 0) into.insert(number - 1);
    }

    void add_feature(std::uint64_t index) {
        const auto& condition = known_.features[index].condition;
        if (condition.empty()) {
            features_.insert(index);
        } else {
            add(condition);
        }
    }

    static bool compares_with_numbers_only(expression code) {
        enum class kind : std::uint8_t { number, quantity, truth };
        std::vector<kind> stack;
        for (const auto& step : code) {
            if (step.code == operation::number) {
                stack.push_back(kind::number);
            } else if (step.code < operation::logical_and) {
                const bool truth = step.code == operation::feature || step.code == operation::vendor ||
                                   step.code == operation::processors;
                stack.push_back(truth ? kind::truth : kind::quantity);
            } else if (step.code == operation::logical_not) {
                stack.back() = kind::truth;
            } else {
                const auto right = stack.back();
                stack.pop_back();
                const auto left = stack.back();
                stack.back() = kind::truth;
                if (step.code >= operation::add) return false;
                const bool joins = step.code == operation::logical_and || step.code == operation::logical_or;
                const bool between = left != kind::number && right != kind::number;
                if (!joins && between && (left == kind::quantity || right == kind::quantity)) return false;
            }
        }
        return true;
    }

    [[nodiscard]] std::set<std::uint32_t> numbers_or_zero() const {
        std::set<std::uint32_t> result{0, 1};
        for (const auto number : numbers_)
            result.insert(static_cast<std::uint32_t>(number));
        return result;
    }

    // Ranges of models and steppings overlap as they like: all their ends are tried with each other.
    void add_models(std::vector<identity>& into, std::size_t vendor, std::uint32_t family,
                    const std::vector<const processor_match*>& matches) const {
        auto models = numbers_or_zero();
        auto steppings = models;
        for (const auto* match : matches) {
            models.insert({match->model_first, match->model_last + 1U});
            steppings.insert({match->stepping_first, match->stepping_last + 1U});
        }
        for (const auto model : models) {
            for (const auto stepping : steppings)
                into.push_back({vendor, family, model, stepping});
        }
    }

    const tables& known_;
    std::set<std::uint64_t> features_;
    std::set<std::uint64_t> groups_;
    std::set<std::uint64_t> quantities_;
    std::set<register_place> registers_;
    std::set<std::uint64_t> numbers_;
    bool compares_with_numbers_only_ = true;
};

// One imagined CPU.
struct world {
    const tables& known;
    identity cpu;
    std::map<std::uint64_t, std::uint64_t> features;
    std::map<std::uint64_t, std::uint64_t> quantities;
    std::map<register_place, std::uint64_t> registers;

    [[nodiscard]] bool feature(std::uint32_t index) const {
        const auto& condition = known.features[index].condition;
        return condition.empty() ? features.at(index) != 0 : test(condition, *this) == holds::yes;
    }
    [[nodiscard]] bool vendor(std::uint32_t index) const { return cpu.vendor == index; }
    [[nodiscard]] bool processors(std::uint32_t index) const {
        for (const auto& match : known.processors[index].matches) {
            if (matches(match, cpu)) return true;
        }
        return false;
    }
    [[nodiscard]] std::uint64_t quantity(std::uint32_t index) const { return quantities.at(index); }
    [[nodiscard]] std::uint32_t family() const { return cpu.family; }
    [[nodiscard]] std::uint32_t model() const { return cpu.model; }
    [[nodiscard]] std::uint32_t stepping() const { return cpu.stepping; }
    [[nodiscard]] static std::uint64_t self_bits(int, int) { return 0; }
    [[nodiscard]] std::optional<std::uint64_t> register_bits(std::uint32_t address, int msb, int lsb) const {
        return registers.at({address, msb, lsb});
    }
};

// A value of the world to be tried, and what to try for it.
struct variable {
    std::uint64_t* value;
    std::vector<std::uint64_t> candidates;
};

bool holds_somewhere(const std::vector<variable>& variables, std::size_t from, const auto& all_hold) {
    if (from == variables.size()) return all_hold();
    for (const auto candidate : variables[from].candidates) {
        *variables[from].value = candidate;
        if (holds_somewhere(variables, from + 1, all_hold)) return true;
    }
    return false;
}

}  // namespace

bool can_all_hold(view<expression> conditions, const tables& known) {
    mentions found{known};
    for (const auto& condition : conditions)
        found.add(condition);
    if (!found.can_be_tried()) return true;
    world imagined{.known = known, .cpu = {}, .features = {}, .quantities = {}, .registers = {}};
    std::vector<variable> variables;
    for (const auto index : found.features())
        variables.push_back({&imagined.features[index], {0, 1}});
    for (const auto index : found.quantities())
        variables.push_back({&imagined.quantities[index], found.numbers()});
    for (const auto& place : found.registers()) {
        const bool single = std::get<1>(place) == std::get<2>(place);
        variables.push_back({&imagined.registers[place], single ? std::vector<std::uint64_t>{0, 1} : found.numbers()});
    }
    const auto cpus = found.identities();
    std::size_t combinations = cpus.size();
    for (auto& one : variables) {
        if (one.candidates.empty()) one.candidates = {0, 1};
        combinations *= one.candidates.size();
        if (combinations > most_combinations) return true;
    }
    const auto all_hold = [&] {
        for (const auto& condition : conditions) {
            if (test(condition, imagined) == holds::no) return false;
        }
        return true;
    };
    for (const auto& cpu : cpus) {
        imagined.cpu = cpu;
        if (holds_somewhere(variables, 0, all_hold)) return true;
    }
    return false;
}

bool can_both_hold(expression one, expression other, const tables& known) {
    const expression both[]{one, other};
    return can_all_hold(both, known);
}

}  // namespace msr::catalogue::load
