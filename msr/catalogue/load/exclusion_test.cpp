// Exclusion against brute force: whenever a CPU exists on which both conditions hold, the checker must know it.
#include "msr/catalogue/load/exclusion.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "msr/catalogue/evaluate.hpp"
#include "msr/catalogue/load/expression_parser.hpp"
#include "msr/catalogue/load/test_catalogue.hpp"

namespace msr::catalogue::load {
namespace {

// Small enough to try every CPU: vendors, families, models, steppings, two features, one quantity, one register.
constexpr std::string_view world_facts = R"(
vendors: [{name: u, signatures: [UUUUUUUUUUUU]}, {name: v, signatures: [VVVVVVVVVVVV]}]
quantities: [{name: Q, title: Quantity, cpuid: "0AH:EAX[2..0]", minimum: 0, maximum: 5, fallback: 0}]
processors:
  - {name: p, title: One, vendor: u, family: 2, models: ["0x1..0x4"], steppings: 0..3}
  - {name: q, title: Two, vendor: u, family: 2, models: ["0x3..0x6"], steppings: 2..5}
  - {name: r, title: Three, vendor: v, family: 3, models: [2, 5]}
groups: [{name: g, title: Group, members: [p, r]}]
features:
  - {name: f, title: First, cpuid: "01H:ECX[0]"}
  - {name: h, title: Second, cpuid: "01H:ECX[1]"}
  - {name: d, title: Derived, condition: f and (not h or model > 3)}
registers:
  - {name: CAP, address: 1, exists: always, access: ro, fields: {63..3: reserved, 2..0: N}}
)";

struct cpu_to_try {
    const tables& facts;
    std::uint32_t vendor_number = 0;
    std::uint32_t family_number = 0;
    std::uint32_t model_number = 0;
    std::uint32_t stepping_number = 0;
    bool f = false;
    bool h = false;
    std::uint32_t q = 0;
    std::uint64_t cap = 0;

    [[nodiscard]] bool feature(std::uint32_t index) const {
        if (index == 2) return test(facts.features[2].condition, *this) == holds::yes;
        return index == 0 ? f : h;
    }
    [[nodiscard]] bool vendor(std::uint32_t index) const { return vendor_number == index; }
    [[nodiscard]] bool processors(std::uint32_t index) const {
        return std::ranges::any_of(facts.processors[index].matches, [&](const processor_match& one) {
            return one.vendor == vendor_number && one.family == family_number && one.model_first <= model_number &&
                   model_number <= one.model_last && one.stepping_first <= stepping_number &&
                   stepping_number <= one.stepping_last;
        });
    }
    [[nodiscard]] std::uint32_t quantity(std::uint32_t) const { return q; }
    [[nodiscard]] std::uint32_t family() const { return family_number; }
    [[nodiscard]] std::uint32_t model() const { return model_number; }
    [[nodiscard]] std::uint32_t stepping() const { return stepping_number; }
    [[nodiscard]] static std::uint64_t self_bits(int, int) { return 0; }
    [[nodiscard]] std::optional<std::uint64_t> register_bits(std::uint32_t, int msb, int lsb) const {
        return cap >> static_cast<unsigned>(lsb) & ((1U << static_cast<unsigned>(msb - lsb + 1)) - 1U);
    }
};

std::vector<cpu_to_try> every_cpu(const tables& facts) {
    std::vector<cpu_to_try> result;
    for (std::uint32_t number = 0; number < 3U * 4 * 8 * 7 * 2 * 2 * 6 * 8; ++number) {
        auto rest = number;
        const auto next = [&](std::uint32_t count) {
            const auto value = rest % count;
            rest /= count;
            return value;
        };
        cpu_to_try cpu{facts};
        cpu.vendor_number = next(3);
        cpu.family_number = next(4);
        cpu.model_number = next(8);
        cpu.stepping_number = next(7);
        cpu.f = next(2) == 1;
        cpu.h = next(2) == 1;
        cpu.q = next(6);
        cpu.cap = next(8);
        result.push_back(cpu);
    }
    return result;
}

class condition_maker {
  public:
    explicit condition_maker(unsigned seed) : random_{seed} {}

    std::string condition(int depth) {
        switch (depth == 0 ? 0 : pick(4)) {
            case 1: return "not (" + condition(depth - 1) + ")";
            case 2: return "(" + condition(depth - 1) + " and " + condition(depth - 1) + ")";
            case 3: return "(" + condition(depth - 1) + " or " + condition(depth - 1) + ")";
            default: return atom();
        }
    }

  private:
    std::string atom() {
        static constexpr std::array names{"u", "v", "p", "q", "r", "g", "f", "h", "d", "CAP.N"};
        static constexpr std::array numbers{"family", "model", "stepping", "Q", "CAP.N"};
        static constexpr std::array comparisons{"==", "!=", "<", "<=", ">", ">="};
        if (pick(2) == 0) return names.at(pick(names.size()));
        std::string left = numbers.at(pick(numbers.size()));
        const auto* comparison = comparisons.at(pick(comparisons.size()));
        if (pick(12) == 0) return left + " + 1 " + comparison + " " + numbers.at(pick(numbers.size()));
        return left + " " + comparison + " " + std::to_string(pick(6));
    }

    std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }

    std::mt19937 random_;
};

class exclusion : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const test_folder folder;
        folder.write("facts.yaml", world_facts);
        auto loaded = load(folder.path(), {});
        ASSERT_TRUE(loaded) << in_words(loaded.error());
        catalogue_ = new loaded_catalogue{std::move(*loaded)};
        cpus_ = new std::vector<cpu_to_try>{every_cpu(catalogue_->tables())};
    }
    static void TearDownTestSuite() {
        delete cpus_;
        delete catalogue_;
    }

    static const tables& facts() { return catalogue_->tables(); }

    static program compiled(const std::string& source) {
        const auto names = [&](std::string_view name, int, int) -> std::expected<program, std::string> {
            if (name == "CAP.N") return program{{.code = operation::register_bits, .msb = 2, .lsb = 0, .operand = 1}};
            const auto in = [&](const auto& entries, operation code) -> program {
                for (std::size_t at = 0; at < entries.size(); ++at) {
                    if (entries[at].name == name) return {{.code = code, .operand = at}};
                }
                return {};
            };
            if (name == "family") return program{{.code = operation::family}};
            if (name == "model") return program{{.code = operation::model}};
            if (name == "stepping") return program{{.code = operation::stepping}};
            for (auto code : {in(facts().vendors, operation::vendor), in(facts().processors, operation::processors),
                              in(facts().features, operation::feature), in(facts().quantities, operation::quantity)}) {
                if (!code.empty()) return code;
            }
            return std::unexpected{std::string{name}};
        };
        auto code = compile(source, names);
        EXPECT_TRUE(code) << source << ": " << code.error();
        return code ? *code : program{};
    }

    static bool hold_together_somewhere(const program& one, const program& other) {
        return std::ranges::any_of(*cpus_, [&](const cpu_to_try& cpu) {
            return test(one, cpu) == holds::yes && test(other, cpu) == holds::yes;
        });
    }

    static inline loaded_catalogue* catalogue_ = nullptr;
    static inline std::vector<cpu_to_try>* cpus_ = nullptr;
};

TEST_F(exclusion, never_claims_what_a_cpu_disproves) {
    condition_maker make{2024};
    std::size_t excluded = 0;
    for (int round = 0; round < 1500; ++round) {
        const auto one = make.condition(2);
        const auto other = make.condition(2);
        const auto left = compiled(one);
        const auto right = compiled(other);
        if (can_both_hold(left, right, facts())) continue;
        ++excluded;
        EXPECT_FALSE(hold_together_somewhere(left, right)) << one << "   |   " << other;
    }
    // Else it might say "may hold" to everything.
    EXPECT_GT(excluded, 100U);
}

TEST_F(exclusion, sees_the_contradictions_that_catalogues_rely_on) {
    const std::pair<const char*, const char*> pairs[]{
        {"u", "v"},
        {"p", "r"},
        {"p", "v"},
        {"f", "not f"},
        {"d", "not f"},
        {"d", "h and model == 2"},
        {"g and v", "p"},
        {"Q > 3", "Q <= 3"},
        {"CAP.N == 1", "CAP.N == 2"},
        {"model < 4", "model >= 4"},
        {"family == 2 and u", "r"},
        {"stepping > 3 and p", "always"},
        {"p and model == 5", "u"},
    };
    for (const auto& [one, other] : pairs) {
        EXPECT_FALSE(can_both_hold(compiled(one), compiled(other), facts())) << one << " | " << other;
    }
}

TEST_F(exclusion, too_many_names_count_as_able_to_hold) {
    std::string many = "CAP.N == 0";
    program code = compiled(many);
    for (std::uint8_t bit = 0; bit < 40; ++bit) {
        code.push_back({.code = operation::register_bits, .msb = bit, .lsb = bit, .operand = 7});
        code.push_back({.code = operation::logical_and});
    }
    EXPECT_TRUE(can_both_hold(code, compiled("CAP.N == 1"), facts()));
}

}  // namespace
}  // namespace msr::catalogue::load
