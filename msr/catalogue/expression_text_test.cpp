// Text and program say the same: every expression of the catalogue, put in words and compiled again.
#include "msr/catalogue/expression_text.hpp"

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/expression_parser.hpp"
#include "msr/catalogue/lookup.hpp"

namespace msr::catalogue {
namespace {

// Raw bits of what a name stands for: texts name registers by address, and have no scaled values.
class raw_names {
  public:
    explicit raw_names(const register_entry* self) : self_{self} {}

    std::expected<load::program, std::string> operator()(std::string_view name, int msb, int lsb) const {
        if (name == "bits") return bits(operation::self_bits, msb, lsb, 0);
        if (name == "family") return load::program{{.code = operation::family}};
        if (name == "model") return load::program{{.code = operation::model}};
        if (name == "stepping") return load::program{{.code = operation::stepping}};
        for (auto code :
             {in(built_in().features, operation::feature, name), in(built_in().vendors, operation::vendor, name),
              in(built_in().processors, operation::processors, name),
              in(built_in().quantities, operation::quantity, name)}) {
            if (!code.empty()) return code;
        }
        if (self_ != nullptr) {
            for (const auto& field : self_->fields) {
                if (field.name == name) return bits(operation::self_bits, field.msb.offset, field.lsb.offset, 0);
            }
        }
        const auto targets = find_by_name(built_in(), name);
        if (!targets) return std::unexpected{targets.error()};
        const auto& first = targets->front();
        if (first.field == nullptr) return bits(operation::register_bits, msb, lsb, first.address());
        return bits(operation::register_bits, first.field->msb.offset, first.field->lsb.offset, first.address());
    }

  private:
    static load::program bits(operation code, int msb, int lsb, std::uint64_t address) {
        return {{.code = code,
                 .msb = static_cast<std::uint8_t>(msb),
                 .lsb = static_cast<std::uint8_t>(lsb),
                 .operand = address}};
    }

    static load::program in(const auto& entries, operation code, std::string_view name) {
        for (std::size_t at = 0; at < entries.size(); ++at) {
            if (entries[at].name == name) return {{.code = code, .operand = at}};
        }
        return {};
    }

    const register_entry* self_;
};

// `a and (b and c)` is written without parentheses and comes back as `(a and b) and c`: the same, joined elsewhere.
// So runs of one connective are compared as lists.
std::string shape(expression code) {
    struct node {
        operation code;
        std::string text;
    };
    std::vector<node> stack;
    for (const auto& step : code) {
        auto words = std::to_string(static_cast<int>(step.code)) + "/" + std::to_string(step.msb) + "/" +
                     std::to_string(step.lsb) + "/" + std::to_string(step.operand);
        if (step.code < operation::logical_and) {
            stack.push_back({step.code, words});
        } else if (step.code == operation::logical_not) {
            stack.back() = {step.code, words + "(" + stack.back().text + ")"};
        } else {
            const auto right = stack.back();
            stack.pop_back();
            const auto left = stack.back();
            const bool joins = step.code == operation::logical_and || step.code == operation::logical_or;
            const auto side = [&](const node& one) {
                return joins && one.code == step.code ? one.text : "(" + one.text + ")";
            };
            stack.back() = {step.code,
                            joins ? side(left) + " " + words + " " + side(right) : words + side(left) + side(right)};
        }
    }
    return stack.empty() ? "" : stack.back().text;
}

void expect_round_trip(expression code, const register_entry* self, std::string_view where) {
    const auto text = to_text(code, built_in(), self);
    const auto again = load::compile(text, raw_names{self});
    ASSERT_TRUE(again) << where << ": " << again.error();
    EXPECT_EQ(shape(*again), shape(code)) << where << ": " << text;
}

TEST(expression_text, every_expression_of_the_catalogue_comes_back) {
    int count = 0;
    for (const auto& feature : built_in().features) {
        expect_round_trip(feature.condition, nullptr, feature.name);
        count += feature.condition.empty() ? 0 : 1;
    }
    for (const auto& entry : built_in().registers) {
        for (const auto& code : {entry.exists, entry.count, entry.serialising}) {
            expect_round_trip(code, nullptr, entry.name);
            count += code.empty() ? 0 : 1;
        }
        for (const auto& field : entry.fields) {
            for (const auto& code : {field.exists, field.legal, field.value}) {
                expect_round_trip(code, nullptr, entry.name);
                expect_round_trip(code, &entry, entry.name);
                count += code.empty() ? 0 : 1;
            }
        }
    }
    EXPECT_GT(count, 1000);
}

TEST(expression_text, parentheses_where_they_are_needed_and_only_there) {
    for (const auto* text :
         {"(intel or amd) and vmx", "intel or amd and vmx", "not (intel or amd)", "not intel and amd",
          "not (not intel)", "family - (model - stepping)", "family - model - stepping", "2 ^ (3 ^ 2)",
          "(1 + family / 4) * 2 ^ model", "not family == 6", "(not intel) == amd", "intel == (not amd)",
          "family == (model == 6)", "1 / (2 / family)"}) {
        const auto code = load::compile(text, raw_names{nullptr});
        ASSERT_TRUE(code) << text << ": " << code.error();
        EXPECT_EQ(to_text(*code, built_in()), text);
    }
    EXPECT_EQ(to_text({}, built_in()), "always");
}

TEST(expression_text, fields_are_named) {
    const auto& efer = *find_by_name(built_in(), "IA32_EFER")->front().entry;
    const instruction self[]{{.code = operation::self_bits}};
    EXPECT_EQ(to_text(self, built_in(), &efer), "SCE");
    EXPECT_EQ(to_text(self, built_in()), "bits[0]");
    const instruction other[]{{.code = operation::register_bits, .msb = 8, .lsb = 8, .operand = 0xC0000080}};
    EXPECT_EQ(to_text(other, built_in()), "IA32_EFER.LME");
    const instruction unnamed[]{{.code = operation::register_bits, .msb = 2, .operand = 0x7FF00000}};
    EXPECT_EQ(to_text(unnamed, built_in()), "0x7ff00000[2..0]");
}

}  // namespace
}  // namespace msr::catalogue
