#include "msr/catalogue/load/schema.hpp"

#include <algorithm>
#include <set>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "msr/catalogue/load/schema_text.hpp"

namespace msr::catalogue::load {

namespace {

struct parsed_schema {
    explicit parsed_schema(const char* source) {
        const auto text = nlohmann::json::parse(source);
        valijson::SchemaParser{}.populateSchema(valijson::adapters::NlohmannJsonAdapter{text}, rules);
    }
    valijson::Schema rules;
};

// The validator names a place "<root>", "[registers]", "[0]"; a JSON pointer is "/registers/0".
std::string pointer_of(const std::vector<std::string>& context) {
    std::string pointer;
    for (std::size_t at = 1; at < context.size(); ++at) {
        pointer += "/" + context[at].substr(1, context[at].size() - 2);
    }
    return pointer;
}

using error = valijson::ValidationResults::Error;

// A failure inside an alternative is also reported for everything around it: only the innermost one helps.
bool encloses(const error& outer, const error& inner) {
    return outer.context.size() < inner.context.size() &&
           std::equal(outer.context.begin(), outer.context.end(), inner.context.begin());
}

// What the validator says of one place, by line. Where several forms are allowed, it says of each why it is not that.
struct complaint {
    std::string pointer;
    std::set<std::string> reasons;
};

constexpr std::string_view unknown_key = "Object contains a property that could not be validated";

// The key that a description of an unknown one ends with, in quotes.
std::string key_in(std::string_view description) {
    const auto last = description.rfind('\'');
    const auto first = description.rfind('\'', last - 1);
    return std::string{description.substr(first + 1, last - first - 1)};
}

void report(const document& file, const complaint& one, problems& found) {
    bool said = false;
    for (const auto& reason : one.reasons) {
        if (!reason.starts_with(unknown_key)) continue;
        const auto key = key_in(reason);
        found.push_back({file.name(), file.line(one.pointer + "/" + key), "unknown key `" + key + "`"});
        said = true;
    }
    if (said) return;
    std::string all;
    for (const auto& reason : one.reasons)
        all += (all.empty() ? "" : " ") + reason;
    found.push_back(
        {file.name(), file.line(one.pointer), "at " + (one.pointer.empty() ? "the top" : one.pointer) + ": " + all});
}

}  // namespace

bool check_schema(const document& file, form expected, problems& found) {
    static const parsed_schema catalogue{schema_text};
    static const parsed_schema profile{profile_schema_text};
    static const parsed_schema policy{policy_schema_text};
    static const parsed_schema verdicts{verdicts_schema_text};
    const parsed_schema* const schemas[]{&catalogue, &profile, &policy, &verdicts};
    const auto& schema = *schemas[static_cast<std::size_t>(expected)];
    const nlohmann::json plain = file.root();
    valijson::ValidationResults results;
    valijson::Validator validator{valijson::Validator::kStrongTypes};
    if (validator.validate(schema.rules, valijson::adapters::NlohmannJsonAdapter{plain}, &results)) return true;
    std::vector<complaint> complaints;
    for (const auto& one : results) {
        const auto inner = [&](const error& other) { return encloses(one, other); };
        if (std::any_of(results.begin(), results.end(), inner)) continue;
        const auto pointer = pointer_of(one.context);
        auto place = std::ranges::find(complaints, pointer, &complaint::pointer);
        if (place == complaints.end()) place = complaints.insert(place, {pointer, {}});
        if (!one.description.starts_with("Failed to validate")) place->reasons.insert(one.description);
    }
    for (const auto& one : complaints)
        report(file, one, found);
    return false;
}

}  // namespace msr::catalogue::load
