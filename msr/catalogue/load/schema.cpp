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
    parsed_schema() {
        const auto text = nlohmann::json::parse(schema_text);
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

}  // namespace

bool check_schema(const document& file, problems& found) {
    static const parsed_schema schema;
    const nlohmann::json plain = file.root();
    valijson::ValidationResults results;
    valijson::Validator validator{valijson::Validator::kStrongTypes};
    if (validator.validate(schema.rules, valijson::adapters::NlohmannJsonAdapter{plain}, &results)) return true;
    std::set<std::pair<int, std::string>> reported;
    for (const auto& one : results) {
        const auto inner = [&](const error& other) { return encloses(one, other); };
        if (std::any_of(results.begin(), results.end(), inner)) continue;
        const auto pointer = pointer_of(one.context);
        const auto line = file.line(pointer);
        const auto message = "at " + (pointer.empty() ? "the top" : pointer) + ": " + one.description;
        if (reported.emplace(line, message).second) found.push_back({file.name(), line, message});
    }
    return false;
}

}  // namespace msr::catalogue::load
