// Decisions of policies: whatever happens in whatever order, the map is as if it were made anew, and as the rows say.
#include "msr/virt/intercepts.hpp"

#include <deque>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/virt/owned_policy_table.hpp"

namespace msr::virt {
namespace {

using catalogue::instruction;
using catalogue::operation;
using catalogue::policy_row;
using generator = std::minstd_rand;

std::uint32_t below(generator& random, std::uint32_t limit) {
    return static_cast<std::uint32_t>(random()) % limit;
}

// The states of the test's conditions: not all that there can be, so that rows meet.
constexpr std::uint32_t tested_states = 8;

// Says no to every fifth access, another fifth with each seed.
struct scattered_filter {
    std::uint32_t seed = 0;
    [[nodiscard]] bool allows(std::uint32_t index, direction access) const {
        return (index * 7 + (access == direction::read ? 1 : 3) + seed) % 5 != 0;
    }
};

// A policy of random rows. Whether the filter is consulted follows from the address, as the loader demands.
class random_policy {
  public:
    explicit random_policy(generator& random) : random_{random} {
        const auto rows = 1 + below(random_, 40);
        rows_.reserve(rows);
        for (std::uint32_t at = 0; at < rows; ++at)
            add_row();
    }

    [[nodiscard]] catalogue::policy_entry entry() const { return {.name = "random", .rows = rows_}; }

  private:
    static constexpr std::uint32_t starts[]{0, 0x780, 0x1FE0, 0xC0000000, 0xC0000FF0, 0xC0010000, 0x40000000};

    void add_row() {
        const bool filtered = below(random_, 4) != 0;
        auto& registers = registers_.emplace_back();
        for (auto left = 1 + below(random_, 3); left > 0; --left) {
            // Even addresses are those that the filter is asked for.
            const auto first = (starts[below(random_, 7)] + below(random_, 0x100)) & ~1U;
            registers.push_back({.first = first + (filtered ? 0 : 1),
                                 .stride = 2 * (1 + below(random_, 3)),
                                 .count = 1 + below(random_, 40)});
        }
        const auto kind = 1 + below(random_, 3);
        rows_.push_back({.registers = registers,
                         .reads = (kind & 1U) != 0,
                         .writes = (kind & 2U) != 0,
                         .passes = below(random_, 5) != 0,
                         .filtered = filtered,
                         .when = below(random_, 4) == 0 ? catalogue::expression{} : condition(3),
                         .members = below(random_, 4) == 0 ? quantity() : catalogue::expression{}});
    }

    catalogue::expression keep(std::vector<instruction> code) { return programs_.emplace_back(std::move(code)); }

    catalogue::expression quantity() {
        return keep({{.code = operation::quantity,
                      .whose = catalogue::subject::guest,
                      .operand = below(random_, static_cast<std::uint32_t>(catalogue::built_in().quantities.size()))}});
    }

    catalogue::expression condition(int depth) {
        std::vector<instruction> code;
        add_condition(depth, code);
        return keep(std::move(code));
    }

    void add_condition(int depth, std::vector<instruction>& code) {
        if (depth == 0 || below(random_, 3) == 0) return add_fact(code);
        add_condition(depth - 1, code);
        if (below(random_, 3) == 0) {
            code.push_back({.code = operation::logical_not});
            return;
        }
        add_condition(depth - 1, code);
        code.push_back({.code = below(random_, 2) == 0 ? operation::logical_and : operation::logical_or});
    }

    void add_fact(std::vector<instruction>& code) {
        const auto whose = below(random_, 2) == 0 ? catalogue::subject::host : catalogue::subject::guest;
        const auto features = static_cast<std::uint32_t>(catalogue::built_in().features.size());
        switch (below(random_, 6)) {
            case 0: code.push_back({.code = operation::setting, .operand = below(random_, 4)}); break;
            case 1:
                code.push_back({.code = operation::feature, .whose = whose, .operand = below(random_, features)});
                break;
            case 2:  // of a register that no profile knows
                code.push_back({.code = operation::register_bits, .whose = whose, .operand = 0x7FF00000});
                break;
            default: code.push_back({.code = operation::state, .operand = below(random_, tested_states)}); break;
        }
    }

    generator& random_;
    std::deque<std::vector<catalogue::policy_registers>> registers_;
    std::deque<std::vector<instruction>> programs_;
    std::vector<policy_row> rows_;
};

// What a condition is asked of at one moment, with all that is known then.
struct moment {
    const policy_inputs& inputs;
    std::uint64_t states;

    [[nodiscard]] const profile::profile& cpu(catalogue::subject whose) const { return inputs.cpu(whose); }
    [[nodiscard]] bool setting(std::uint32_t index) const { return inputs.setting(index); }
    [[nodiscard]] bool state(std::uint32_t index) const { return (states >> index & 1U) != 0; }
};

// As the rows say, without tables.
template <class Map>
Map by_the_rows(const catalogue::policy_entry& policy, const moment& now, const filter_reference& filter) {
    Map result;
    for (const auto& row : policy.rows) {
        if (!row.passes || catalogue::test(row.when, now) != catalogue::holds::yes) continue;
        std::int64_t members = 0x10000;
        if (!row.members.empty()) members = catalogue::evaluate<std::int64_t>(row.members, now).value;
        for (const auto& these : row.registers) {
            for (std::uint32_t at = 0; at < these.count && at < members; ++at) {
                const auto index = these.first + at * these.stride;
                const auto passes = [&](bool wanted, direction access, accesses which) {
                    if (!wanted || (row.filtered && !filter.allows(index, access))) return;
                    static_cast<void>(result.pass(index, which));  // or it is outside of the map
                };
                passes(row.reads, direction::read, accesses::reads);
                passes(row.writes, direction::write, accesses::writes);
            }
        }
    }
    return result;
}

// One virtual CPU, driven at random.
template <class Map>
class random_run {
  public:
    random_run(generator& random, const catalogue::policy_entry& policy)
        : random_{random}, policy_{policy}, settings_{below(random, 16)} {
        for (const auto& guest : guests_)
            tables_.emplace_back(policy_, policy_inputs{guests_[0], guest, settings_});
        allowed_.resize(policy_table<Map>::size_for(policy).words);
        cpu_.emplace(map_, *tables_[guest_], room(allowed_));
        shadow_ = map_;
    }

    void check(const char* after) {
        const policy_inputs inputs{guests_[0], guests_[guest_], settings_};
        EXPECT_EQ(map_, by_the_rows<Map>(policy_, {inputs, cpu_->states()}, filter())) << after;
        Map fresh;
        std::vector<std::uint64_t> allowed(allowed_.size());
        const intercepts<Map> anew{fresh, *tables_[guest_], room(allowed), filter(), cpu_->states()};
        EXPECT_EQ(map_, anew.map()) << after;
        EXPECT_EQ(map_, shadow_) << after << ": what was told of it is not what flipped";
    }

    void step() {
        const auto told = [this](const flipped_access& one) { note(one); };
        switch (below(random_, 4)) {
            case 0:
                filter_.seed = below(random_, 5);
                filtered_ = below(random_, 4) != 0;
                cpu_->change_filter(filter(), told);
                return check("another filter");
            case 1:
                guest_ = below(random_, 3);
                cpu_->change_guest(*tables_[guest_], told);
                return check("another guest");
            case 2: cpu_->change_states(below(random_, 256), below(random_, 256), told); return check("several states");
            default:
                cpu_->change_state(std::uint64_t{1} << below(random_, tested_states), below(random_, 2) == 0, told);
                return check("a state");
        }
    }

  private:
    static profile::buffer<std::uint64_t> room(std::vector<std::uint64_t>& words) {
        return {words.data(), words.size()};
    }
    [[nodiscard]] filter_reference filter() const { return filtered_ ? filter_reference{filter_} : filter_reference{}; }

    void note(const flipped_access& one) {
        EXPECT_EQ(shadow_.intercepts(one.index, one.access), one.passes) << "it was so before";
        const auto which = one.access == direction::read ? accesses::reads : accesses::writes;
        EXPECT_TRUE(one.passes ? shadow_.pass(one.index, which) : shadow_.intercept(one.index, one.index, which));
    }

    const catalogue::tables& facts_ = catalogue::built_in();
    generator& random_;
    catalogue::policy_entry policy_;
    host::shipped_cpu cpus_[3]{{facts_, "max-intel"}, {facts_, "skylake-sp"}, {facts_, "zen-5"}};
    profile::profile guests_[3]{*cpus_[0], *cpus_[1], *cpus_[2]};  // the first is the host too
    std::uint64_t settings_;
    std::deque<owned_policy_table<Map>> tables_;
    std::size_t guest_ = 0;
    scattered_filter filter_;
    bool filtered_ = false;
    Map map_;
    Map shadow_;
    std::vector<std::uint64_t> allowed_;
    std::optional<intercepts<Map>> cpu_;
};

template <class Map>
class random_policies : public testing::Test {};
using maps = testing::Types<vmx::msr_bitmap, svm::msr_permission_map>;
TYPED_TEST_SUITE(random_policies, maps);

TYPED_TEST(random_policies, any_sequence_of_changes_ends_as_made_anew) {
    generator random{1};
    for (int number = 0; number < 60 && !this->HasFailure(); ++number) {
        SCOPED_TRACE(testing::Message() << "policy " << number);
        const random_policy policy{random};
        random_run<TypeParam> run{random, policy.entry()};
        run.check("nothing");
        for (int step = 0; step < 30; ++step)
            run.step();
    }
}

// Storage of the size that is asked for is enough, and one element less is noticed.
TYPED_TEST(random_policies, a_table_knows_its_size) {
    generator random{2};
    const host::shipped_cpu cpu{catalogue::built_in(), "max-intel"};
    const auto profile = *cpu;
    for (int number = 0; number < 50; ++number) {
        const random_policy policy{random};
        const auto entry = policy.entry();
        const auto size = policy_table<TypeParam>::size_for(entry);
        const owned_policy_table<TypeParam> table{entry, {profile, profile, 0}};
        EXPECT_LE(table->words().size(), size.words);
        std::vector<policy_word> words(size.words);
        std::vector<policy_part> parts(size.parts);
        std::vector<catalogue::term> terms(size.terms);
        std::vector<std::uint16_t> places(size.places);
        if (table->words().empty()) continue;
        const auto made = policy_table<TypeParam>::make(entry, {profile, profile, 0},
                                                        {.words = {words.data(), table->words().size() - 1},
                                                         .parts = {parts.data(), parts.size()},
                                                         .terms = {terms.data(), terms.size()},
                                                         .places = {places.data(), places.size()}});
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error(), size);
    }
}

// With too little memory nothing is written beyond it, and what it has no room for exits.
TYPED_TEST(random_policies, too_little_memory_passes_less_and_is_not_exceeded) {
    generator random{3};
    const host::shipped_cpu cpu{catalogue::built_in(), "max-intel"};
    const auto profile = *cpu;
    constexpr std::uint64_t untouched = 0x5EED;
    for (int number = 0; number < 50; ++number) {
        const random_policy policy{random};
        const auto entry = policy.entry();
        const owned_policy_table<TypeParam> table{entry, {profile, profile, 0}};
        const auto room = table->words().size() / 2;
        std::vector<std::uint64_t> allowed(table->words().size(), untouched);
        TypeParam map;
        const scattered_filter filter;
        intercepts<TypeParam> small{map, *table, {allowed.data(), room}, filter};
        const auto ignore = [](const flipped_access&) {};
        small.change_filter({}, ignore);
        small.change_states(~std::uint64_t{0}, ~std::uint64_t{0}, ignore);
        for (auto at = room; at < allowed.size(); ++at) {
            EXPECT_EQ(allowed[at], untouched);
            EXPECT_EQ(map.word(table->words()[at].number), ~std::uint64_t{0});
        }
    }
}

// What ships fits the memory that one virtual CPU may take, on every map.
TYPED_TEST(random_policies, what_ships_needs_at_most_ten_kibibytes) {
    for (const auto& policy : catalogue::built_in().policies)
        EXPECT_LE(memory_of_intercepts<TypeParam>(policy_table<TypeParam>::size_for(policy).words), 10U * 1024)
            << std::string_view{policy.name};
}

}  // namespace
}  // namespace msr::virt
