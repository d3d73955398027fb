#include "msr/profile/behaviour.hpp"
#include "msr/profile/decode.hpp"

namespace msr::profile {

namespace {

using catalogue::effect;

// What conditions see at the time of an access: the CPU's registers as they are now.
struct moment {
    const surroundings& around;
    std::uint64_t value;

    [[nodiscard]] bool feature(std::uint32_t index) const { return around.cpu.feature(index); }
    [[nodiscard]] bool vendor(std::uint32_t index) const { return around.cpu.vendor(index); }
    [[nodiscard]] bool processors(std::uint32_t index) const { return around.cpu.processors(index); }
    [[nodiscard]] std::uint32_t quantity(std::uint32_t index) const { return around.cpu.quantity(index); }
    [[nodiscard]] std::uint32_t family() const { return around.cpu.family(); }
    [[nodiscard]] std::uint32_t model() const { return around.cpu.model(); }
    [[nodiscard]] std::uint32_t stepping() const { return around.cpu.stepping(); }
    [[nodiscard]] std::uint64_t self_bits(int msb, int lsb) const { return catalogue::extract(value, msb, lsb); }
    [[nodiscard]] std::optional<std::uint64_t> register_bits(std::uint32_t address, int msb, int lsb) const {
        const auto held = around.value_of(address);
        return held ? std::optional{catalogue::extract(*held, msb, lsb)} : std::nullopt;
    }
};

bool holds_now(catalogue::expression condition, const surroundings& around, std::uint64_t value) {
    return catalogue::test(condition, moment{around, value}) != catalogue::holds::no;
}

bool is_absent(const behaviour& of, const surroundings& around) {
    for (const auto& one : of.checks) {
        if (one.kind == check_kind::present && !holds_now(one.condition, around, 0)) return true;
    }
    return false;
}

verdict refuse(objection why, std::uint64_t bits, const check* which = nullptr) {
    verdict result{.why = why, .bits = bits};
    if (which == nullptr) return result;
    result.field = which->field;
    result.lsb = which->lsb;
    return result;
}

verdict refused_by_rule(const attempt& asked) {
    auto result = refuse(objection::rule, asked.around.refused.bits);
    result.words = asked.around.refused.why;
    return result;
}

class write_attempt {
  public:
    write_attempt(const behaviour& of, attempt& asked) : of_{of}, asked_{asked}, value_{asked.value} {}

    verdict run() {
        if (is_absent(of_, asked_.around)) return refuse(objection::absent, ~std::uint64_t{0});
        if (!of_.writable) {
            if (!of_.write_is_dropped) return refuse(objection::register_read_only, ~std::uint64_t{0});
            return {.result = asked_.old, .dropped = value_ ^ asked_.old};
        }
        if (const auto bits = value_ & of_.must_be_zero; bits != 0) return refuse(objection::reserved_bits, bits);
        if (const auto bits = (value_ ^ asked_.old) & of_.must_match; bits != 0)
            return refuse(objection::field_read_only, bits);
        if (const auto bits = widened(); bits != 0) return refuse(objection::illegal_value, bits);
        asked_.written = value_;
        asked_.writable = of_.reach();
        asked_.value = of_.combine(asked_.old, value_);
        result_.undefined = (value_ ^ asked_.old) & of_.undefined;
        for (const auto& one : of_.checks) {
            if (const auto refused = hold_against(one); refused.faults()) return refused;
        }
        result_.result = asked_.value;
        const auto one_shot = of_.cleared_by_one | of_.set_by_one | of_.cleared_by_zero | of_.commands;
        result_.dropped = (value_ ^ asked_.value) & ~one_shot;
        return result_;
    }

  private:
    // What goes beyond the capabilities that the CPU reports, whatever was taken away since.
    [[nodiscard]] std::uint64_t widened() const {
        if ((of_.clearable | of_.settable) == 0) return 0;
        const auto reported = asked_.around.cpu.register_value(asked_.address).value_or(asked_.old);
        return (value_ & ~reported & of_.clearable) | (reported & ~value_ & of_.settable);
    }

    verdict hold_against(const check& one) {
        switch (one.kind) {
            case check_kind::present: break;
            case check_kind::canonical: return canonical(one);
            case check_kind::one_of:
                if (!one.lists(catalogue::extract(value_, one.msb, one.lsb))) return illegal(one);
                break;
            case check_kind::legal: {
                const auto raw = catalogue::extract(value_, one.msb, one.lsb);
                // A model's condition is over the whole register and has no field.
                const bool any = one.field == nullptr || !one.field->values_exhaust;
                const bool listed = any || meaning_of(*one.field, raw) != nullptr;
                if (!listed || !holds_now(one.condition, asked_.around, value_)) return illegal(one);
                break;
            }
            case check_kind::locked: return locked(one);
            case check_kind::rule: {
                if (one.apply(asked_)) break;
                return refused_by_rule(asked_);
            }
        }
        return {};
    }

    [[nodiscard]] verdict canonical(const check& one) const {
        // A field that holds its address in place needs no arithmetic: the low bits do not matter.
        const bool in_place = one.msb == 63 && one.lsb == one.shift;
        const auto address = in_place ? value_ : address_in({one.field, one.msb, one.lsb}, value_);
        const unsigned width = one.width != 0 ? one.width : asked_.around.state.linear_width();
        if (is_canonical(address, width)) return {};
        return refuse(objection::not_canonical, one.mask(), &one);
    }

    static std::uint64_t address_in(const resolved_field& field, std::uint64_t value) {
        return address_of(field, field.of(value));
    }

    verdict illegal(const check& one) {
        const auto mask = one.mask();
        if (one.effect == effect::fault) return refuse(objection::illegal_value, mask, &one);
        if (one.effect == effect::ignored) {
            keep(mask);
        } else {
            result_.undefined |= mask;
        }
        return {};
    }

    verdict locked(const check& one) {
        if ((asked_.old & one.locks) == 0) return {};
        const auto changed = (value_ ^ asked_.old) & one.bits;
        if (one.effect == effect::ignored) {
            keep(one.bits);
            return {};
        }
        if (one.effect == effect::undefined) {
            result_.undefined |= changed;
            return {};
        }
        // A register that is locked as a whole refuses even the value that it has (SDM volume 4,
        // IA32_FEATURE_CONTROL).
        if (changed != 0 || one.bits == ~std::uint64_t{0}) return refuse(objection::locked, changed);
        return {};
    }

    void keep(std::uint64_t mask) { asked_.value = (asked_.value & ~mask) | (asked_.old & mask); }

    const behaviour& of_;
    attempt& asked_;
    std::uint64_t value_;  // as it was written; asked_.value becomes what is stored
    verdict result_;
};

}  // namespace

verdict try_write(const behaviour& of, attempt asked) {
    asked.way = direction::write;
    return write_attempt{of, asked}.run();
}

verdict try_read(const behaviour& of, attempt asked) {
    asked.way = direction::read;
    if (is_absent(of, asked.around)) return refuse(objection::absent, ~std::uint64_t{0});
    if (!of.readable) return refuse(objection::register_write_only, ~std::uint64_t{0});
    asked.value = of.reads_constant ? of.constant : asked.old;
    for (const auto& one : of.checks) {
        if (one.kind != check_kind::rule) continue;
        if (!one.apply(asked)) return refused_by_rule(asked);
    }
    return {.result = asked.value};
}

}  // namespace msr::profile
