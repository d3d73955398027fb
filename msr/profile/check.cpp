#include "msr/profile/check.hpp"

#include "msr/profile/decode.hpp"

namespace msr::profile {

namespace {

using catalogue::access;
using catalogue::effect;
using catalogue::field_kind;
using catalogue::holds;

const resolved_field* find_field(const resolved_register& layout, text name) {
    for (const auto& field : layout.fields) {
        if (field.entry->name == name) return &field;
    }
    return nullptr;
}

// The bits that a lock which is set now keeps from being written, if its effect is the one asked for.
std::uint64_t locked_bits(const resolved_register& layout, std::uint64_t old, effect wanted) {
    std::uint64_t result = 0;
    for (const auto& lock : layout.entry->locks) {
        const auto* field = find_field(layout, lock.field);
        if (lock.effect != wanted || field == nullptr || field->of(old) == 0) continue;
        if (lock.locks.empty()) return ~std::uint64_t{0};
        for (const auto& name : lock.locks) {
            if (const auto* locked = find_field(layout, name)) result |= locked->mask();
        }
    }
    return result;
}

bool is_legal(const resolved_field& field, std::uint64_t value, const profile& cpu) {
    const auto& entry = *field.entry;
    if (entry.values_exhaust && meaning_of(entry, field.of(value)) == nullptr) return false;
    return entry.legal.empty() || catalogue::test(entry.legal, evaluation{cpu, value}) != holds::no;
}

// What arrives of the written bits, by how the field takes writes.
std::uint64_t stored(const resolved_field& field, std::uint64_t old, std::uint64_t value) {
    switch (field.entry->access) {
        case access::read_write: return value;
        case access::read_only: return old;
        case access::write_only: return 0;
        case access::write_one_to_clear: return old & ~value;
        case access::write_one_to_set: return old | value;
        case access::write_zero_to_clear: return old & value;
    }
    return value;
}

class write {
  public:
    write(const resolved_register& layout, std::uint64_t old, std::uint64_t value, const profile& cpu)
        : layout_{layout}, old_{old}, value_{value}, cpu_{cpu} {}

    verdict run() {
        const auto& entry = *layout_.entry;
        if (entry.access == access::read_only) {
            if (entry.on_write == effect::fault)
                return refuse(objection::register_read_only, nullptr, ~std::uint64_t{0});
            return {.result = old_, .dropped = value_ ^ old_};
        }
        // A locked register refuses even the value that it has (SDM volume 4, IA32_FEATURE_CONTROL).
        if (locked_bits(layout_, old_, effect::fault) == ~std::uint64_t{0})
            return refuse(objection::locked, nullptr, value_ ^ old_);
        if (const auto reserved = value_ & layout_.must_be_zero; reserved != 0)
            return refuse(objection::reserved_bits, nullptr, reserved);
        result_.result = value_ & ~layout_.ignored;
        result_.dropped = value_ & layout_.ignored;
        for (const auto& field : layout_.fields) {
            if (const auto refused = write_field(field); refused.faults()) return refused;
        }
        keep(locked_bits(layout_, old_, effect::ignored));
        result_.undefined |= locked_bits(layout_, old_, effect::undefined) & (value_ ^ old_);
        return result_;
    }

  private:
    verdict refuse(objection why, const resolved_field* field, std::uint64_t bits) const {
        return {.why = why, .field = field, .bits = bits, .result = old_};
    }

    verdict write_field(const resolved_field& field) {
        const auto mask = field.mask();
        const auto changed = (value_ ^ old_) & mask;
        const auto& entry = *field.entry;
        if ((changed & locked_bits(layout_, old_, effect::fault)) != 0)
            return refuse(objection::locked, &field, changed);
        if (entry.access == access::read_only && entry.on_write == effect::fault && changed != 0) {
            return refuse(objection::field_read_only, &field, changed);
        }
        if (entry.kind == field_kind::linear_address &&
            !is_canonical(address_of(field, field.of(value_)), cpu_.linear_width())) {
            return refuse(objection::not_canonical, &field, mask);
        }
        if (entry.access != access::read_only && !is_legal(field, value_, cpu_)) {
            if (entry.illegal == effect::fault) return refuse(objection::illegal_value, &field, mask);
            if (entry.illegal == effect::ignored) {
                keep(mask);
                return {};
            }
            result_.undefined |= mask;
        }
        const auto arrived = stored(field, old_, value_) & mask;
        result_.result = (result_.result & ~mask) | arrived;
        if (entry.access == access::read_only) result_.dropped |= changed;
        return {};
    }

    void keep(std::uint64_t mask) {
        result_.result = (result_.result & ~mask) | (old_ & mask);
        result_.dropped |= (value_ ^ old_) & mask;
    }

    const resolved_register& layout_;
    std::uint64_t old_;
    std::uint64_t value_;
    const profile& cpu_;
    verdict result_;
};

}  // namespace

verdict check_write(const resolved_register& layout, std::uint64_t old, std::uint64_t value, const profile& cpu) {
    return write{layout, old, value, cpu}.run();
}

}  // namespace msr::profile
