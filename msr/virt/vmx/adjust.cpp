#include "msr/virt/vmx/adjust.hpp"

#include "msr/registers/relations.hpp"

namespace msr::virt::vmx {

namespace {

using reason = control_refusal::reason;

constexpr std::size_t set_count = count_of(control_sets);

/// A row of the catalogue, with layouts as sets of controls.
struct control_relation {
    control of;
    relation kind = relation::needs;
    control other;
    text source;
};

constexpr control_set set_called(text layout) {
    for (const auto set : control_sets) {
        if (layout_of(set).name == layout) return set;
    }
    // In a constant expression this does not compile: the catalogue has a relation of fields that are no VMX controls.
    __builtin_unreachable();
}

struct relation_table {
    control_relation rows[count_of(field_relations)];

    consteval relation_table() {
        auto* row = rows;
        for (const auto& one : field_relations)
            *row++ = {{set_called(one.of.layout), one.of.bit},
                      one.kind,
                      {set_called(one.other.layout), one.other.bit},
                      one.source};
    }
};
constexpr relation_table relations;

constexpr std::uint64_t mask_of(control one) {
    return std::uint64_t{1} << one.bit;
}

constexpr std::uint64_t named_bits(control_set set) {
    std::uint64_t result = 0;
    for (const auto& field : layout_of(set).fields)
        result |= low_ones(field.msb - field.lsb + 1U) << field.lsb;
    return result;
}

constexpr std::size_t number(control_set set) {
    return static_cast<std::size_t>(set);
}

class adjustment {
  public:
    adjustment(const allowed_controls& allowed, const control_request& wanted) : keep_pairs_{wanted.keep_pairs} {
        for (const auto set : control_sets) {
            auto& one = sets_[number(set)];
            const auto named = named_bits(set);
            one.may = allowed.may_be_1.raw(set);
            one.must = (allowed.must_be_1.raw(set) & named) | (allowed.default_1.raw(set) & ~named);
            one.required = wanted.required.raw(set);
            one.optional = wanted.optional.raw(set) & ~one.required;
            one.forbidden = wanted.forbidden.raw(set);
        }
    }

    std::expected<adjusted_controls, control_refusal> run() {
        for (const auto set : control_sets)
            refuse_impossible(set);
        for (const auto& row : relations.rows)
            if (row.kind == relation::activated_by) deactivate(row);
        for (auto& one : sets_)
            one.value = one.required | (one.optional & one.may & ~one.forbidden) | one.must;
        while (!refused_ && settle()) {
        }
        for (const auto& row : relations.rows)
            if (row.kind == relation::activated_by && sets_[number(row.of.set)].value != 0) activate(row.other);
        if (refused_) return std::unexpected{refusal_};
        return result();
    }

  private:
    struct state {
        std::uint64_t may = 0;
        std::uint64_t must = 0;
        std::uint64_t required = 0;
        std::uint64_t optional = 0;
        std::uint64_t forbidden = 0;
        std::uint64_t value = 0;
        std::uint64_t activating = 0;  // bits that are 1 only because a set that they activate is not 0
    };

    state& at(control one) { return sets_[number(one.set)]; }
    bool is_1(control one) { return (at(one).value & mask_of(one)) != 0; }
    bool is_required(control one) { return (at(one).required & mask_of(one)) != 0; }
    bool is_imposed(control one) { return (at(one).must & mask_of(one)) != 0; }

    void refuse(control_refusal why) {
        if (!refused_) refusal_ = why;
        refused_ = true;
    }

    void refuse_first(control_set set, std::uint64_t bits, reason why) {
        if (bits == 0) return;
        refuse(
            {.which = {set, static_cast<std::uint8_t>(__builtin_ctzll(bits))}, .why = why, .other = {}, .source = {}});
    }

    void refuse_impossible(control_set set) {
        const auto& one = sets_[number(set)];
        refuse_first(set, one.required & one.forbidden, reason::contradiction);
        refuse_first(set, one.required & ~one.may, reason::cannot_be_1);
        refuse_first(set, one.must & one.forbidden, reason::cannot_be_0);
        refuse_first(set, one.must & ~one.may, reason::neither);
    }

    // Without the control that activates them, no control of a set can be had.
    void deactivate(const control_relation& row) {
        auto& one = sets_[number(row.of.set)];
        const auto& activator = at(row.other);
        if ((activator.may & ~activator.forbidden & mask_of(row.other)) != 0) return;
        if (one.required != 0)
            refuse({.which = {row.of.set, static_cast<std::uint8_t>(__builtin_ctzll(one.required))},
                    .why = reason::not_activated,
                    .other = row.other,
                    .source = row.source});
        one.may = 0;
        one.must = 0;
    }

    void activate(control one) {
        auto& set = at(one);
        if ((set.required & mask_of(one)) == 0 && (set.value & mask_of(one)) == 0) set.activating |= mask_of(one);
        set.value |= mask_of(one);
    }

    // Goes once through all relations; true if a control was dropped, which others may depend on.
    bool settle() {
        bool dropped = false;
        for (const auto& row : relations.rows) {
            if (row.kind == relation::needs && is_1(row.of) && !is_1(row.other))
                dropped |= drop(row.of, row.other, reason::needs, row.source);
            if (row.kind == relation::paired && keep_pairs_ && is_1(row.of) != is_1(row.other))
                dropped |= is_1(row.of) ? drop(row.of, row.other, reason::unpaired, row.source)
                                        : drop(row.other, row.of, reason::unpaired, row.source);
            if (row.kind == relation::excludes && is_1(row.of) && is_1(row.other))
                dropped |= is_required(row.of) || is_imposed(row.of)
                               ? drop(row.other, row.of, reason::excludes, row.source)
                               : drop(row.of, row.other, reason::excludes, row.source);
        }
        return dropped;
    }

    // VM entry does not look at pairs: there, what the CPU imposes stays.
    bool drop(control one, control other, reason why, text source) {
        if (!is_required(one) && is_imposed(one) && why == reason::unpaired) return false;
        if (is_required(one) || is_imposed(one)) {
            refuse({.which = one, .why = why, .other = other, .source = source});
            return false;
        }
        at(one).value &= ~mask_of(one);
        return true;
    }

    adjusted_controls result() {
        adjusted_controls made;
        for (const auto set : control_sets) {
            const auto& one = sets_[number(set)];
            made.value.set_raw(set, one.value);
            made.dropped.set_raw(set, one.optional & ~one.value);
            made.imposed.set_raw(set, one.value & ~one.required & ~one.optional & ~one.activating);
        }
        return made;
    }

    state sets_[set_count]{};
    bool keep_pairs_;
    control_refusal refusal_;
    bool refused_ = false;
};

}  // namespace

allowed_controls common(const allowed_controls& one, const allowed_controls& other) {
    allowed_controls result;
    for (const auto set : control_sets) {
        result.must_be_1.set_raw(set, one.must_be_1.raw(set) | other.must_be_1.raw(set));
        result.may_be_1.set_raw(set, one.may_be_1.raw(set) & other.may_be_1.raw(set));
        result.default_1.set_raw(set, one.default_1.raw(set) | other.default_1.raw(set));
    }
    return result;
}

text to_string(reason why) {
    switch (why) {
        case reason::contradiction: return "is both required and forbidden";
        case reason::cannot_be_1: return "cannot be 1 on this CPU";
        case reason::cannot_be_0: return "cannot be 0 on this CPU";
        case reason::neither: return "must be 1 on one CPU and 0 on the other";
        case reason::not_activated: return "counts only with a control that is not to be had";
        case reason::needs: return "needs a control that is not 1";
        case reason::excludes: return "cannot be 1 together with a control that has to be 1 too";
        case reason::unpaired: return "has a counterpart that is not 1";
    }
    return "unknown";
}

std::expected<adjusted_controls, control_refusal> adjust(const allowed_controls& allowed,
                                                         const control_request& wanted) {
    return adjustment{allowed, wanted}.run();
}

}  // namespace msr::virt::vmx
