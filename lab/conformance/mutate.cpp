#include "lab/conformance/mutate.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

namespace conformance {

namespace {

using namespace msr::catalogue;

// A register's entry with one fact changed, and what it points to.
struct changed_entry {
    register_entry entry;
    std::vector<field_entry> fields;
    std::vector<enumeration_entry> enumerations;
    std::vector<enumerator> values;
    std::string what;

    explicit changed_entry(const register_entry& from) : entry{from}, fields(from.fields.begin(), from.fields.end()) {}

    const register_entry& finish() {
        entry.fields = fields;
        return entry;
    }
};

constexpr instruction never[]{{.code = operation::number, .operand = 0}};

using visit = std::function<void(changed_entry&)>;

std::string bits_of(const field_entry& field) {
    return fmt::format("{}bits {}..{}", field.msb.quantity != none || field.lsb.quantity != none ? "symbolic " : "",
                       field.msb.offset, field.lsb.offset);
}

template <class Change>
void change_field(const register_entry& entry, std::size_t at, const std::string& what, Change change,
                  const visit& with) {
    changed_entry result{entry};
    change(result.fields[at]);
    const auto& field = entry.fields[at];
    result.what =
        fmt::format("{}: {}", is_reserved(field) ? bits_of(field) : std::string{std::string_view{field.name}}, what);
    with(result);
}

void mutate_field(const register_entry& entry, std::size_t at, const visit& with) {
    const auto& field = entry.fields[at];
    const auto change = [&](const std::string& what, auto apply) { change_field(entry, at, what, apply, with); };
    change("is not there", [](field_entry& one) { one.exists = never; });
    if (is_reserved(field)) {
        const bool faults = field.kind == field_kind::must_be_zero;
        change(faults ? "mbz becomes ignored" : "becomes mbz",
               [&](field_entry& one) { one.kind = faults ? field_kind::ignored : field_kind::must_be_zero; });
        return;
    }
    if (field.access == access::read_write)
        change("becomes read-only", [](field_entry& one) { one.access = access::read_only; });
    if (field.access == access::read_only)
        change("becomes writable", [](field_entry& one) { one.access = access::read_write; });
    if (field.kind == field_kind::linear_address)
        change("need not be canonical", [](field_entry& one) { one.kind = field_kind::number; });
    if (field.kind == field_kind::number && field.msb.offset == 63 && field.lsb.offset == 0)
        change("has to be canonical", [](field_entry& one) { one.kind = field_kind::linear_address; });
    if (field.values_exhaust || !field.legal.empty()) {
        change("takes any value", [](field_entry& one) {
            one.values_exhaust = false;
            one.legal = {};
        });
    }
    if (!field.values_exhaust) return;
    for (std::size_t dropped = 0; dropped < field.values->values.size(); ++dropped) {
        changed_entry result{entry};
        const auto& all = field.values->values;
        result.values.assign(all.begin(), all.end());
        result.values.erase(result.values.begin() + static_cast<std::ptrdiff_t>(dropped));
        result.enumerations.push_back(*field.values);
        result.enumerations.front().values = result.values;
        result.fields[at].values = result.enumerations.data();
        result.what =
            fmt::format("{}: {} is no longer legal", std::string_view{field.name}, std::string_view{all[dropped].name});
        with(result);
    }
}

void mutate_register(const register_entry& entry, const visit& with) {
    const auto change = [&](const std::string& what, auto apply) {
        changed_entry result{entry};
        apply(result.entry);
        result.what = what;
        with(result);
    };
    change("the register is not there", [](register_entry& one) { one.exists = never; });
    if (entry.access == access::read_write)
        change("the register is read-only", [](register_entry& one) { one.access = access::read_only; });
    if (entry.access == access::read_only)
        change("the register is writable", [](register_entry& one) { one.access = access::read_write; });
    if (entry.access != access::write_only)
        change("the register is write-only", [](register_entry& one) { one.access = access::write_only; });
    if (!entry.rules.empty()) change("its rules are gone", [](register_entry& one) { one.rules = {}; });
    if (!entry.locks.empty()) change("its locks are gone", [](register_entry& one) { one.locks = {}; });
    for (std::size_t at = 0; at < entry.fields.size(); ++at)
        mutate_field(entry, at, with);
}

using msr::profile::behaviour;

bool same_direction(const behaviour& left, const behaviour& right) {
    return left.readable == right.readable && left.writable == right.writable &&
           left.write_is_dropped == right.write_is_dropped && left.reads_constant == right.reads_constant;
}

// What the masks and checks of two behaviours say is the same: no case could tell them apart.
bool same(const behaviour& left, const behaviour& right) {
    if (!same_direction(left, right)) return false;
    if (!left.writable) return true;
    const auto masks = [](const behaviour& of) {
        return std::tuple{of.must_be_zero, of.must_match,     of.clearable,  of.settable,       of.stored,
                          of.kept,         of.cleared_by_one, of.set_by_one, of.cleared_by_zero};
    };
    return masks(left) == masks(right) &&
           std::ranges::equal(left.checks, right.checks, [](const auto& one, const auto& other) {
               return one.kind == other.kind && one.msb == other.msb && one.lsb == other.lsb &&
                      one.width == other.width && one.bits == other.bits && one.locks == other.locks &&
                      one.apply == other.apply;
           });
}

class mutation_test {
  public:
    mutation_test(const tables& facts, const model_entry* model, const recording& probe,
                  const std::vector<answer>& answers, const std::set<std::uint32_t>& elsewhere)
        : facts_{facts},
          model_{model},
          oracle_{subject_of(probe)},
          plain_{facts, oracle_, model},
          moving_{moving_registers(answers)} {
        for (const auto& one : answers) {
            if (plain_.table().find(one.address) == nullptr || elsewhere.contains(one.address)) continue;
            // What the unchanged engine gets wrong, or cannot say, proves nothing about a changed one.
            if (plain_.compare(one, moving_) == outcome::same) answers_[base_of(one.address)].push_back(one);
        }
    }

    std::vector<mutant> run() {
        for (const auto& entry : facts_.registers) {
            const auto known = answers_.find(entry.address);
            const auto* slot = plain_.table().find(entry.address);
            if (known == answers_.end() || slot == nullptr) continue;
            if (slot->row->guest.entry != &entry) continue;
            mutate_register(entry, [&](changed_entry& one) { judge(entry, one, known->second); });
        }
        return std::move(result_);
    }

  private:
    [[nodiscard]] std::uint32_t base_of(std::uint32_t address) const {
        return plain_.table().find(address)->row->guest.entry->address;
    }

    void judge(const register_entry& entry, changed_entry& changed, const std::vector<answer>& answers) {
        std::vector<register_entry> registers(facts_.registers.begin(), facts_.registers.end());
        registers[static_cast<std::size_t>(&entry - facts_.registers.data())] = changed.finish();
        auto facts = facts_;
        facts.registers = registers;
        machine playing{facts, oracle_, model_};
        const auto* slot = playing.table().find(entry.address);
        const auto* before = plain_.table().find(entry.address);
        bool invisible = false;
        if (slot != nullptr) {
            const bool host = answers.front().by_host;
            const auto& now = host ? slot->row->host : slot->row->guest;
            const auto& then = host ? before->row->host : before->row->guest;
            if (same(now, then)) return;
            invisible = same_direction(now, then) &&
                        std::ranges::none_of(answers, [](const answer& one) { return one.written; });
        }
        const bool caught = std::ranges::any_of(
            answers, [&](const answer& one) { return playing.compare(one, moving_) == outcome::differs; });
        result_.push_back({.address = entry.address,
                           .what = changed.what,
                           .fate = caught      ? mutant::caught
                                   : invisible ? mutant::invisible
                                               : mutant::survived});
    }

    const tables& facts_;
    const model_entry* model_;
    subject oracle_;
    machine plain_;
    std::set<std::uint32_t> moving_;
    std::map<std::uint32_t, std::vector<answer>> answers_;  // by the entry's address
    std::vector<mutant> result_;
};

}  // namespace

std::vector<mutant> mutate(const tables& facts, const model_entry* model, const recording& probe,
                           const std::vector<answer>& answers, const std::set<std::uint32_t>& elsewhere) {
    return mutation_test{facts, model, probe, answers, elsewhere}.run();
}

}  // namespace conformance
