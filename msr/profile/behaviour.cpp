#include "msr/profile/behaviour.hpp"

#include "msr/profile/decode.hpp"
#include "msr/profile/departures.hpp"

namespace msr::profile {

namespace {

using catalogue::access;
using catalogue::departure_entry;
using catalogue::effect;
using catalogue::field_kind;
using catalogue::holds;
using catalogue::treatment;

// A set of legal values fits a word.
constexpr std::uint64_t values_in_set = 64;

bool is_legal(const catalogue::field_entry& field, std::uint64_t raw, std::uint64_t value, const profile& cpu) {
    if (field.values_exhaust && meaning_of(field, raw) == nullptr) return false;
    return field.legal.empty() || catalogue::test(field.legal, evaluation{cpu, value}) != holds::no;
}

bool refers_to_registers(catalogue::expression condition) {
    for (const auto& step : condition) {
        if (step.code == catalogue::operation::register_bits) return true;
    }
    return false;
}

class builder {
  public:
    builder(const resolved_register& layout, const profile& cpu, const viewpoint& from, buffer<check> checks)
        : layout_{layout}, entry_{*layout.entry}, cpu_{cpu}, from_{from}, checks_{checks} {}

    behaviour run() {
        result_.entry = &entry_;
        set_direction();
        if (catalogue::test(entry_.exists, cpu_) == holds::unknown)
            add({.kind = check_kind::present, .condition = entry_.exists});
        set_masks();
        if (!from_.by_host) {
            for (const auto& lock : entry_.locks)
                add_lock(lock);
        }
        for (const auto& name : entry_.rules)
            add_rule(name);
        departures_of(entry_, cpu_, from_, [&](const departure_entry& one) { depart(one); });
        result_.checks = {checks_.first, count_};
        return result_;
    }

  private:
    void add(const check& one) {
        if (count_ < checks_.room) checks_.first[count_++] = one;
    }

    template <class Condition>
    void remove_checks(Condition unwanted) {
        std::size_t left = 0;
        for (std::size_t at = 0; at < count_; ++at) {
            if (!unwanted(checks_.first[at])) checks_.first[left++] = checks_.first[at];
        }
        count_ = left;
    }

    void set_direction() {
        result_.readable = entry_.access != access::write_only;
        result_.writable = entry_.access != access::read_only;
        if (result_.writable) return;
        // What a CPU reports of itself follows from its profile; what changes by itself a hypervisor has to provide.
        result_.writable = from_.by_host && entry_.varies == catalogue::variation::changing;
        result_.write_is_dropped = !from_.by_host && entry_.on_write == effect::ignored;
    }

    void set_masks() {
        if (!entry_.fields_known) {
            result_.stored = result_.undefined = ~std::uint64_t{0};
            return;
        }
        result_.must_be_zero = layout_.must_be_zero;
        result_.stored = result_.undefined = layout_.preserve;
        for (const auto& field : layout_.fields) {
            set_access(field);
            if (!field.certain) result_.undefined |= field.mask();
            if (field.entry->access != access::read_only || from_.by_host) add_checks(field);
        }
        if (entry_.access != access::write_only) return;
        result_.commands |= result_.stored;
        result_.stored = result_.kept = 0;
    }

    void set_access(const resolved_field& field) {
        const auto mask = field.mask();
        auto how = field.entry->access;
        // A hypervisor puts back what it saved.
        if (from_.by_host && how != access::write_only) how = access::read_write;
        switch (how) {
            case access::read_write: result_.stored |= mask; break;
            case access::read_only:
                result_.kept |= mask;
                if (field.entry->on_write == effect::fault) result_.must_match |= mask;
                break;
            case access::write_only: result_.commands |= mask; break;
            case access::write_one_to_clear: result_.cleared_by_one |= mask; break;
            case access::write_one_to_set: result_.set_by_one |= mask; break;
            case access::write_zero_to_clear: result_.cleared_by_zero |= mask; break;
        }
    }

    void add_checks(const resolved_field& field) {
        const auto& facts = *field.entry;
        check common{.effect = facts.illegal, .msb = field.msb, .lsb = field.lsb, .field = &facts};
        if (facts.kind == field_kind::linear_address) {
            auto one = common;
            one.kind = check_kind::canonical;
            one.effect = effect::fault;
            one.width = linear_width();
            one.shift = facts.shift;
            add(one);
        }
        if (!facts.values_exhaust && facts.legal.empty()) return;
        if (const auto set = legal_set(field)) {
            if (*set == ~std::uint64_t{0}) return;
            common.kind = check_kind::one_of;
            common.bits = *set;
        } else {
            common.kind = check_kind::legal;
            common.condition = facts.legal;
        }
        add(common);
    }

    // Zero, for a model that asks paging at every access.
    [[nodiscard]] std::uint8_t linear_width() const {
        const bool by_paging = from_.model != nullptr && from_.model->canonical_by_paging;
        return by_paging ? std::uint8_t{0} : static_cast<std::uint8_t>(cpu_.linear_width());
    }

    // The legal values as a set, where that says it all.
    [[nodiscard]] std::optional<std::uint64_t> legal_set(const resolved_field& field) const {
        const auto& facts = *field.entry;
        if (refers_to_registers(facts.legal)) return std::nullopt;
        const auto highest = field.of(~std::uint64_t{0});
        if (highest >= values_in_set) {
            if (!facts.values_exhaust) return std::nullopt;
            for (const auto& one : facts.values->values) {
                if (one.mask != ~std::uint64_t{0} || one.match >= values_in_set) return std::nullopt;
            }
        }
        std::uint64_t set = 0;
        for (std::uint64_t raw = 0; raw < values_in_set; ++raw) {
            if (raw > highest || is_legal(facts, raw, raw << field.lsb, cpu_)) set |= std::uint64_t{1} << raw;
        }
        return set;
    }

    [[nodiscard]] std::uint64_t mask_of(text field_name) const {
        for (const auto& field : layout_.fields) {
            if (field.entry->name == field_name) return field.mask();
        }
        return 0;
    }

    void add_lock(const catalogue::lock_entry& lock) {
        const auto locks = mask_of(lock.field);
        if (locks == 0) return;
        std::uint64_t locked = lock.locks.empty() ? ~std::uint64_t{0} : 0;
        for (const auto& name : lock.locks)
            locked |= mask_of(name);
        add({.kind = check_kind::locked, .effect = lock.effect, .bits = locked, .locks = locks});
    }

    void add_rule(text name) {
        for (const auto& one : from_.rules) {
            if (one.name == name) add({.kind = check_kind::rule, .apply = one.apply});
        }
    }

    void depart(const departure_entry& how) {
        if (how.read_faults) result_.readable = false;
        if (how.reads_constant) {
            result_.readable = result_.reads_constant = true;
            result_.constant = how.constant;
        }
        if (how.writable) {
            result_.writable = true;
            result_.must_be_zero = result_.kept = result_.must_match = 0;
            result_.stored = ~std::uint64_t{0};
        }
        if (how.write_faults || how.write_dropped) {
            result_.writable = false;
            result_.write_is_dropped = how.write_dropped;
        }
        const auto& without = how.without;
        remove_checks([&](const check& one) {
            switch (one.kind) {
                case check_kind::present: return without.presence || how.present;
                case check_kind::canonical: return without.canonical;
                case check_kind::one_of:
                case check_kind::legal: return without.legal;
                case check_kind::locked: return without.locks;
                case check_kind::rule: return without.rules;
            }
            return false;
        });
        for (const auto& bits : how.bits)
            treat(bits);
        if (!how.legal.empty()) add({.kind = check_kind::legal, .condition = how.legal});
        for (const auto& name : how.rules)
            add_rule(name);
    }

    void treat(const catalogue::bits_departure& bits) {
        const auto mask = catalogue::mask_of(bits.msb, bits.lsb);
        for (auto* other : {&result_.must_be_zero, &result_.must_match, &result_.clearable, &result_.settable,
                            &result_.stored, &result_.kept, &result_.cleared_by_one, &result_.set_by_one,
                            &result_.cleared_by_zero, &result_.commands, &result_.undefined})
            *other &= ~mask;
        remove_checks([&](const check& one) { return one.field != nullptr && (one.mask() & ~mask) == 0; });
        switch (bits.as) {
            case treatment::must_be_zero: result_.must_be_zero |= mask; break;
            case treatment::ignored: break;
            case treatment::stored: result_.stored |= mask; break;
            case treatment::kept: result_.kept |= mask; break;
            case treatment::must_match:
                result_.kept |= mask;
                result_.must_match |= mask;
                break;
            case treatment::clearable:
                result_.stored |= mask;
                result_.clearable |= mask;
                break;
            case treatment::settable:
                result_.stored |= mask;
                result_.settable |= mask;
                break;
            case treatment::canonical:
                result_.stored |= mask;
                add({.kind = check_kind::canonical,
                     .msb = bits.msb,
                     .lsb = bits.lsb,
                     .width = linear_width(),
                     .shift = bits.lsb});
                break;
            case treatment::undefined:
                result_.stored |= mask;
                result_.undefined |= mask;
                break;
        }
    }

    const resolved_register& layout_;
    const catalogue::register_entry& entry_;
    const profile& cpu_;
    const viewpoint& from_;
    buffer<check> checks_;
    std::size_t count_ = 0;
    behaviour result_;
};

}  // namespace

std::size_t most_checks(const catalogue::register_entry& entry, const viewpoint& from) {
    // A field can need two: an address that is canonical, and legal.
    auto count = 1 + (2 * entry.fields.size()) + entry.locks.size() + entry.rules.size();
    if (from.model == nullptr) return count;
    for (const auto& one : from.model->departures) {
        if (catalogue::contains(one.addresses, entry.address)) count += one.rules.size() + one.bits.size() + 1;
    }
    return count;
}

behaviour behaviour_of(const resolved_register& layout, const profile& cpu, const viewpoint& from,
                       buffer<check> checks) {
    return builder{layout, cpu, from, checks}.run();
}

}  // namespace msr::profile
