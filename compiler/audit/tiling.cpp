#include "compiler/audit/tiling.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "msr/catalogue/bits.hpp"

namespace msr::audit {

namespace {

constexpr int top_bit = 63;

// A position that follows a quantity stands somewhere between two bits.
struct span_of_bits {
    int least = 0;
    int most = 0;
};

span_of_bits reach(const catalogue::bit_position& at, const catalogue::tables& facts) {
    if (at.quantity == catalogue::none) return {at.offset, at.offset};
    const auto& quantity = facts.quantities[at.quantity];
    return {at.offset + static_cast<int>(quantity.minimum),
            std::min(top_bit, at.offset + static_cast<int>(quantity.maximum))};
}

struct placed_field {
    span_of_bits msb;
    span_of_bits lsb;
    bool reserved = false;

    // Where a width ends the field, lists may let it run to the register's end: what is above is zero.
    [[nodiscard]] bool may_end_at(int bit) const {
        return (msb.least <= bit && bit <= msb.most) || (msb.least != msb.most && bit == top_bit);
    }
    [[nodiscard]] bool may_begin_at(int bit) const { return lsb.least <= bit && bit <= lsb.most; }
};

std::vector<placed_field> placed(const catalogue::register_entry& entry, const catalogue::tables& facts) {
    std::vector<placed_field> result;
    for (const auto& field : entry.fields)
        result.push_back({reach(field.msb, facts), reach(field.lsb, facts), catalogue::is_reserved(field)});
    return result;
}

std::uint64_t mask(int msb, int lsb) {
    return catalogue::mask_of(std::min(msb, top_bit), std::max(lsb, 0));
}

// Several of the source's fields, this one among them, make up the field.
bool pieces_make_up(const placed_field& field, const bit_range& claimed, const std::vector<bit_range>& together) {
    const auto inside = [&](const bit_range& one) {
        return field.lsb.least <= one.lsb && (one.msb <= field.msb.most || field.may_end_at(one.msb));
    };
    if (!inside(claimed)) return false;
    std::uint64_t covered = 0;
    for (const auto& one : together) {
        if (inside(one)) covered |= mask(one.msb, one.lsb);
    }
    const auto all = mask(field.msb.least, field.lsb.most);
    return (covered & all) == all;
}

// Two fields or more, with reserved bits between and beside them, make up what is claimed.
bool made_of_pieces(const bit_range& claimed, const std::vector<placed_field>& fields) {
    const auto all = mask(claimed.msb, claimed.lsb);
    std::uint64_t covered = 0;
    int named = 0;
    for (const auto& field : fields) {
        const auto whole = mask(field.msb.most, field.lsb.least);
        if (field.reserved) {
            covered |= whole & all;
        } else if ((whole & ~all) == 0) {
            covered |= whole;
            ++named;
        }
    }
    return named >= 2 && covered == all;
}

}  // namespace

tiling tiling_of(const bit_range& claimed, const std::vector<bit_range>& together,
                 const catalogue::register_entry& entry, const catalogue::tables& facts) {
    if (claimed.msb > top_bit) return tiling::different;
    const auto fields = placed(entry, facts);
    bool regrouped = false;
    for (const auto& field : fields) {
        if (field.reserved) continue;
        if (field.may_begin_at(claimed.lsb) &&
            (claimed.open ? field.msb.least != field.msb.most : field.may_end_at(claimed.msb)))
            return tiling::same;
        regrouped = regrouped || pieces_make_up(field, claimed, together);
    }
    return regrouped || made_of_pieces(claimed, fields) ? tiling::regrouped : tiling::different;
}

bool overlaps(const bit_range& claimed, const catalogue::field_entry& field, const catalogue::tables& facts) {
    return reach(field.lsb, facts).least <= claimed.msb && claimed.lsb <= reach(field.msb, facts).most;
}

bool all_reserved(const bit_range& claimed, const catalogue::register_entry& entry, const catalogue::tables& facts) {
    return std::ranges::none_of(entry.fields, [&](const catalogue::field_entry& field) {
        return !catalogue::is_reserved(field) && overlaps(claimed, field, facts);
    });
}

std::string fields_at(const bit_range& claimed, const catalogue::register_entry& entry,
                      const catalogue::tables& facts) {
    std::string result;
    for (const auto& field : entry.fields) {
        const auto msb = reach(field.msb, facts);
        const auto lsb = reach(field.lsb, facts);
        if (!overlaps(claimed, field, facts)) continue;
        const std::string name{catalogue::is_reserved(field) ? "reserved" : std::string_view{field.name}};
        result += fmt::format("{}{} {}", result.empty() ? "" : ", ", name, msb.most);
        if (msb.most != lsb.least) result += fmt::format("..{}", lsb.least);
    }
    return result.empty() ? "nothing" : result;
}

}  // namespace msr::audit
