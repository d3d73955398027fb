#include <algorithm>
#include <bit>
#include <set>

#include "msr/catalogue/bits.hpp"
#include "msr/catalogue/load/checks.hpp"
#include "msr/catalogue/load/exclusion.hpp"

namespace msr::catalogue::load {

namespace {

std::string quoted(text name) {
    return "`" + std::string{std::string_view{name}} + "`";
}

// "bit 7 is", "bits 63..32 and 11..5 are": the runs of a mask.
std::string bits_in_words(std::uint64_t mask) {
    std::vector<std::string> runs;
    const bool single = std::has_single_bit(mask);
    while (mask != 0) {
        const auto msb = 63 - std::countl_zero(mask);
        const auto lsb = msb + 1 - std::countl_one(mask << std::countl_zero(mask));
        runs.push_back(std::to_string(msb) + (msb == lsb ? "" : ".." + std::to_string(lsb)));
        mask &= ~mask_of(msb, lsb);
    }
    std::string result = single ? "bit " : "bits ";
    for (std::size_t at = 0; at < runs.size(); ++at)
        result += (at == 0 ? "" : at + 1 == runs.size() ? " and " : ", ") + runs[at];
    return result + (single ? " is" : " are");
}

// The fields of one register or layout, under the conditions in which it exists.
class tiling {
  public:
    tiling(view<field_entry> fields, int width, expression exists, const tables& known)
        : fields_{fields}, width_{width}, exists_{exists}, known_{known} {
        for (const auto& field : fields) {
            for (const auto quantity : {field.msb.quantity, field.lsb.quantity}) {
                if (quantity != none && std::ranges::find(quantities_, quantity) == quantities_.end())
                    quantities_.push_back(quantity);
            }
        }
    }

    /// The first contradiction, or nothing.
    std::string contradiction() {
        values_.assign(quantities_.size(), 0);
        return every_value(0);
    }

  private:
    // Places are tried at every value that the quantities can have, so that a tiling right for most CPUs does not pass.
    std::string every_value(std::size_t from) {
        if (from == quantities_.size()) return at_these_values();
        const auto& quantity = known_.quantities[quantities_[from]];
        for (auto value = quantity.minimum; value <= quantity.maximum; ++value) {
            values_[from] = value;
            if (auto message = every_value(from + 1); !message.empty()) return message;
        }
        return {};
    }

    int bit(bit_position at) const {
        return place(at, [&](std::uint16_t quantity) {
            return values_[static_cast<std::size_t>(std::ranges::find(quantities_, quantity) - quantities_.begin())];
        });
    }

    std::string at_these_values() {
        std::uint64_t covered = 0;
        for (std::size_t at = 0; at < fields_.size(); ++at) {
            const auto& field = fields_[at];
            const int msb = bit(field.msb);
            const int lsb = bit(field.lsb);
            if (msb < lsb - 1 || lsb < 0 || msb >= width_)
                return describe(field) + " is not from a higher bit to a lower one" + at_values();
            const auto mask = mask_of(msb, lsb);
            if ((mask & covered) != 0) {
                if (auto message = overlap(at, mask); !message.empty()) return message;
            }
            covered |= mask;
        }
        const auto missing = ~covered & mask_of(width_ - 1, 0);
        return missing == 0 ? std::string{} : bits_in_words(missing) + " not accounted for" + at_values();
    }

    std::string overlap(std::size_t at, std::uint64_t mask) {
        for (std::size_t before = 0; before < at; ++before) {
            const auto& other = fields_[before];
            if ((mask & mask_of(bit(other.msb), bit(other.lsb))) == 0 || excluded(before, at)) continue;
            return describe(fields_[at]) + " and " + describe(other) + " overlap, and can exist at once" + at_values();
        }
        return {};
    }

    bool excluded(std::size_t one, std::size_t other) {
        if (exclusions_.contains({one, other})) return true;
        const expression all[]{exists_, fields_[one].exists, fields_[other].exists};
        if (can_all_hold(all, known_)) return false;
        exclusions_.insert({one, other});
        return true;
    }

    std::string describe(const field_entry& field) const {
        if (!is_reserved(field)) return quoted(field.name);
        return "the reserved run at " + std::to_string(bit(field.msb)) + ".." + std::to_string(bit(field.lsb));
    }

    std::string at_values() const {
        std::string result;
        for (std::size_t at = 0; at < quantities_.size(); ++at) {
            result += (at == 0 ? ", with " : ", ") +
                      std::string{std::string_view{known_.quantities[quantities_[at]].name}} + " = " +
                      std::to_string(values_[at]);
        }
        return result;
    }

    view<field_entry> fields_;
    int width_;
    expression exists_;
    const tables& known_;
    std::vector<std::uint16_t> quantities_;
    std::vector<std::uint32_t> values_;
    std::set<std::pair<std::size_t, std::size_t>> exclusions_;
};

// One name may stand for one run of bits only, though for several alternatives of it.
std::string name_used_twice(view<field_entry> fields) {
    for (const auto& one : fields) {
        for (const auto& other : fields) {
            if (is_reserved(one) || &one == &other || one.name != other.name) continue;
            if (one.msb.offset != other.msb.offset || one.lsb.offset != other.lsb.offset) {
                return "the field " + quoted(one.name) + " stands at different bits: give each its own name";
            }
        }
    }
    return {};
}

std::string reserved_but_writable(const register_entry& entry) {
    if (entry.access == access::read_only) return {};
    for (const auto& field : entry.fields) {
        if (is_reserved(field) && field.kind == field_kind::reserved) {
            return "`reserved` is for registers that cannot be written: say mbz, ignored or preserve";
        }
    }
    return {};
}

}  // namespace

void check_fields(const symbols& known, const tables& result, problems& found) {
    const auto report = [&](const document& file, const std::string& place, text name, const std::string& message) {
        if (!message.empty())
            found.push_back({file.name(), file.line(place), std::string{std::string_view{name}} + ": " + message});
    };
    for (const auto& layout : known.layouts) {
        if (layout.file == nullptr) continue;
        const auto& entry = *find_named(result.layouts, std::string_view{layout.entry.name});
        report(*layout.file, layout.place, entry.name, tiling{entry.fields, entry.width, {}, result}.contradiction());
        report(*layout.file, layout.place, entry.name, name_used_twice(entry.fields));
    }
    for (const auto& draft : known.registers) {
        const auto& entry = draft.entry;
        if (!entry.fields_known) continue;
        report(*draft.file, draft.place, entry.name, tiling{entry.fields, 64, entry.exists, result}.contradiction());
        report(*draft.file, draft.place, entry.name, name_used_twice(entry.fields));
        report(*draft.file, draft.place, entry.name, reserved_but_writable(entry));
    }
}

}  // namespace msr::catalogue::load
