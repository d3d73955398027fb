#include "msr/catalogue/expression_text.hpp"

#include <vector>

#include <fmt/format.h>

#include "msr/catalogue/lookup.hpp"

namespace msr::catalogue {

namespace {

struct binary {
    std::string_view symbol;
    int binding;
};

// As the expression parser binds them.
binary binary_of(operation code) {
    switch (code) {
        case operation::logical_or: return {"or", 1};
        case operation::logical_and: return {"and", 2};
        case operation::equal: return {"==", 4};
        case operation::not_equal: return {"!=", 4};
        case operation::less: return {"<", 4};
        case operation::less_equal: return {"<=", 4};
        case operation::greater: return {">", 4};
        case operation::greater_equal: return {">=", 4};
        case operation::add: return {"+", 5};
        case operation::subtract: return {"-", 5};
        case operation::multiply: return {"*", 6};
        case operation::divide: return {"/", 6};
        default: return {"^", 7};
    }
}

constexpr int binding_of_not = 3;
constexpr int binding_of_name = 8;

struct part {
    std::string words;
    int binding;
};

std::string bits(int msb, int lsb) {
    return msb == lsb ? fmt::format("[{}]", msb) : fmt::format("[{}..{}]", msb, lsb);
}

const field_entry* field_at(const register_entry& entry, int msb, int lsb) {
    for (const auto& field : entry.fields) {
        const bool fixed = field.msb.quantity == none && field.lsb.quantity == none;
        if (fixed && !is_reserved(field) && field.msb.offset == msb && field.lsb.offset == lsb) return &field;
    }
    return nullptr;
}

std::string register_part(const instruction& step, const tables& facts) {
    const auto targets = at_address(facts, static_cast<std::uint32_t>(step.operand));
    for (const auto& one : targets) {
        if (const auto* field = field_at(*one.entry, step.msb, step.lsb)) {
            return fmt::format("{}.{}", name_of(*one.entry, one.member), std::string_view{field->name});
        }
    }
    const auto name =
        targets.empty() ? fmt::format("{:#x}", step.operand) : name_of(*targets.front().entry, targets.front().member);
    return name + bits(step.msb, step.lsb);
}

std::string operand(const instruction& step, const tables& facts, const register_entry* self) {
    if (step.whose != subject::cpu) {
        auto fact = step;
        fact.whose = subject::cpu;
        return (step.whose == subject::host ? "host." : "guest.") + operand(fact, facts, self);
    }
    const auto named = [&](const auto& entries) { return std::string{std::string_view{entries[step.operand].name}}; };
    switch (step.code) {
        case operation::number: return fmt::format("{}", step.operand);
        case operation::setting: return "setting." + named(facts.settings);
        case operation::state: return "state." + named(facts.states);
        case operation::feature: return named(facts.features);
        case operation::vendor: return named(facts.vendors);
        case operation::processors: return named(facts.processors);
        case operation::quantity: return named(facts.quantities);
        case operation::family: return "family";
        case operation::model: return "model";
        case operation::stepping: return "stepping";
        case operation::register_bits: return register_part(step, facts);
        default: break;
    }
    const auto* field = self == nullptr ? nullptr : field_at(*self, step.msb, step.lsb);
    return field != nullptr ? std::string{std::string_view{field->name}} : "bits" + bits(step.msb, step.lsb);
}

std::string inside(const part& from, int binding) {
    return from.binding < binding ? "(" + from.words + ")" : from.words;
}

}  // namespace

std::string to_text(expression code, const tables& facts, const register_entry* self) {
    if (code.empty()) return "always";
    std::vector<part> stack;
    for (const auto& step : code) {
        if (step.code < operation::logical_and) {
            stack.push_back({operand(step, facts, self), binding_of_name});
        } else if (step.code == operation::logical_not) {
            stack.back() = {"not " + inside(stack.back(), binding_of_not + 1), binding_of_not};
        } else {
            const auto [symbol, binding] = binary_of(step.code);
            const auto right = std::move(stack.back());
            stack.pop_back();
            // The right side of equals binds tighter: a - (b - c) needs its parentheses. And joins and, or joins or.
            const bool joins = step.code == operation::logical_and || step.code == operation::logical_or;
            stack.back() = {fmt::format("{} {} {}", inside(stack.back(), binding), symbol,
                                        inside(right, joins ? binding : binding + 1)),
                            binding};
        }
    }
    return stack.back().words;
}

}  // namespace msr::catalogue
