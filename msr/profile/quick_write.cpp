#include "msr/profile/quick_write.hpp"

namespace msr::profile {

namespace {

bool is_whole_address(const check& one) {
    return one.kind == check_kind::canonical && one.msb == 63 && one.lsb == one.shift && one.width != 0;
}

bool is_list(const check& one) {
    return one.kind == check_kind::one_of && one.effect == catalogue::effect::fault;
}

}  // namespace

quick_write::quick_write(const behaviour& of)
    : must_be_zero_{of.must_be_zero}, stored_{of.stored}, kept_{of.kept}, must_match_{of.must_match} {
    const auto* next = of.checks.begin();
    const auto* const end = of.checks.end();
    if (next != end && is_whole_address(*next)) {
        sign_ = std::uint64_t{1} << (next->width - 1);
        beyond_ = 0 - 2 * sign_;
        ++next;
    }
    const auto* const first = next;
    while (next != end && is_list(*next))
        ++next;
    lists_ = {first, static_cast<std::size_t>(next - first)};
    if (next != end && next->kind == check_kind::rule) rule_ = next++->apply;
    if (rule_ != nullptr) more_ = more::rule;
    if (must_match_ != 0 || !lists_.empty()) more_ = more::all;
    const auto one_shot = of.cleared_by_one | of.set_by_one | of.cleared_by_zero;
    usable_ = of.writable && next == end && (one_shot | of.clearable | of.settable) == 0;
}

bool quick_write::run_all(std::uint64_t& held, std::uint64_t value, std::uint32_t address, surroundings& around) const {
    if (((value ^ held) & must_match_) != 0) return false;
    for (const auto& one : lists_) {
        const auto above = 63U - one.msb;  // the field is there on every CPU: no width to look at
        if (!one.lists(value << above >> (above + one.lsb))) return false;
    }
    if (rule_ != nullptr) return run_rule(held, value, address, around);
    held = combine(held, value);
    return true;
}

}  // namespace msr::profile
