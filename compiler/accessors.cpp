#include "compiler/accessors.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "compiler/names.hpp"
#include "msr/catalogue/bits.hpp"

namespace msr::compiler {

namespace {

using catalogue::access;
using catalogue::field_entry;
using catalogue::field_kind;

std::string string_of(const text& words) {
    return {words.begin(), words.end()};
}

std::string number_type(int width, const field_entry& field) {
    std::string arguments = std::to_string(width);
    if (field.values != nullptr && field.shift == 0 && is_enum(*field.values)) {
        arguments += ", 0, msr::" + type_name(field.values->name);
    } else if (field.kind == field_kind::signed_number) {
        arguments += width > 32 ? ", 0, std::int64_t" : ", 0, std::int32_t";
    } else if (field.shift != 0) {
        arguments += ", " + std::to_string(field.shift);
    }
    return "msr::bits<" + arguments + ">";
}

std::string note_of(const field_entry& field) {
    auto note = string_of(field.title);
    const auto add = [&](const std::string& words) { note += (note.empty() ? "" : "; ") + words; };
    if (!field.unit.empty())
        add(field.value.empty() ? "in " + string_of(field.unit) : "scaled to " + string_of(field.unit));
    if (field.shift != 0) add("a multiple of " + std::to_string(std::uint64_t{1} << field.shift));
    if (field.access == access::read_only) add("read-only");
    if (field.access == access::write_only) add("write-only");
    if (field.access == access::write_one_to_clear) add("cleared by writing a one");
    if (field.access == access::write_zero_to_clear) add("cleared by writing a zero");
    if (field.access == access::write_one_to_set) add("a zero leaves it alone");
    return note;
}

class collector {
  public:
    collector(const owner& from, const catalogue::tables& all) : owner_{from}, all_{all} {}

    std::expected<std::vector<accessor>, std::string> run() {
        for (const auto& part : owner_.parts)
            add_part(part);
        const auto arrays = regular_arrays();
        std::set<std::string> done;
        for (const auto& field : owner_.fields) {
            // Fields of a named part are reached through it.
            if (is_reserved(field) || string_of(field.name).find('.') != std::string::npos) continue;
            const auto array = arrays.find(string_of(field.array));
            const bool in_array = !field.array.empty() && array != arrays.end();
            if (in_array && done.insert(array->first).second) add(array->second);
            const bool own_name = string_of(field.name) != string_of(field.array) + std::to_string(field.element);
            if (!in_array || own_name) add_field(field);
        }
        return unique();
    }

  private:
    [[nodiscard]] accessor describe(const field_entry& field, bit_range at) const {
        const int width = at.msb - at.lsb + 1;
        const bool flag = width == 1 && field.values == nullptr;
        accessor result;
        result.name = member_name(field.name);
        result.label = owner_.name + "." + string_of(field.name);
        result.note = note_of(field);
        result.type = flag ? "bool" : number_type(width, field);
        result.msb = at.msb;
        result.lsb = at.lsb;
        result.settable = owner_.writable && field.access != access::read_only;
        if (!flag && field.values != nullptr && field.shift == 0 && is_enum(*field.values))
            result.include = "enumerations/" + type_name(field.values->name) + ".hpp";
        return result;
    }

    void add_field(const field_entry& field) {
        const auto at = widest(field, all_);
        if (at.msb >= at.lsb) add(describe(field, at));
    }

    [[nodiscard]] bool is_field(const std::string& name) const {
        return std::ranges::any_of(owner_.fields, [&](const field_entry& field) {
            return member_name(field.name) == name || member_name(field.array) == name;
        });
    }

    // A part without a name of its own goes by its layout's, unless a field has that.
    void add_part(const catalogue::part_entry& part) {
        const auto& wanted = part.name.empty() ? part.layout->name : part.name;
        if (part.name.empty() && is_field(member_name(wanted))) return;
        accessor result;
        result.name = member_name(wanted);
        result.label = owner_.name + "." + string_of(wanted);
        result.note = string_of(part.layout->title);
        result.type = "msr::" + type_name(part.layout->name);
        result.lsb = part.lsb;
        result.msb = part.lsb + part.layout->width - 1;
        result.settable = owner_.writable;
        result.include = "layouts/" + type_name(part.layout->name) + ".hpp";
        add(std::move(result));
    }

    // Arrays whose elements are alike, numbered without a gap, and at equal distances.
    [[nodiscard]] std::map<std::string, accessor> regular_arrays() const {
        std::map<std::string, std::map<int, accessor>> elements;
        std::set<std::string> irregular;
        for (const auto& field : owner_.fields) {
            if (is_reserved(field) || field.array.empty()) continue;
            const auto name = string_of(field.array);
            if (name.find('.') != std::string::npos) continue;
            const auto element = describe(field, widest(field, all_));
            const auto [place, fresh] = elements[name].emplace(field.element, element);
            if (!fresh && !alike(place->second, element)) irregular.insert(name);
            if (!fresh) place->second.settable |= element.settable;
        }
        std::map<std::string, accessor> result;
        for (const auto& [name, list] : elements) {
            if (irregular.contains(name) || !is_regular(list)) continue;
            auto& array = result.emplace(name, list.begin()->second).first->second;
            array.name = member_name(name);
            array.label = owner_.name + "." + name;
            array.array = true;
            array.first = list.begin()->first;
            array.last = list.rbegin()->first;
            array.step = std::next(list.begin())->second.lsb - array.lsb;
        }
        return result;
    }

    static bool alike(const accessor& one, const accessor& other) {
        return one.type == other.type && one.lsb == other.lsb && one.msb == other.msb;
    }

    static bool is_regular(const std::map<int, accessor>& elements) {
        if (elements.size() < 2) return false;
        const auto& [first, start] = *elements.begin();
        const int step = std::next(elements.begin())->second.lsb - start.lsb;
        int number = first;
        for (const auto& [at, element] : elements) {
            const bool in_line = at == number && element.lsb == start.lsb + (at - first) * step;
            const bool same = element.type == start.type && element.msb - element.lsb == start.msb - start.lsb;
            if (!in_line || !same) return false;
            ++number;
        }
        return step > 0;
    }

    static bool same_place(const accessor& one, const accessor& other) {
        return one.msb == other.msb && one.lsb == other.lsb && one.array == other.array && one.first == other.first &&
               one.last == other.last && one.step == other.step;
    }

    void add(accessor wanted) {
        for (auto& known : found_) {
            if (known.name != wanted.name || !same_place(known, wanted)) continue;
            known.settable |= wanted.settable;
            if (known.type != wanted.type) {
                known.type = "msr::bits<" + std::to_string(known.msb - known.lsb + 1) + ">";
                known.include.clear();
            }
            return;
        }
        found_.push_back(std::move(wanted));
    }

    std::expected<std::vector<accessor>, std::string> unique() {
        std::map<std::string, int> uses;
        for (const auto& one : found_)
            ++uses[one.name];
        std::set<std::string> taken;
        for (auto& one : found_) {
            if (uses[one.name] > 1) one.name += "_" + std::to_string(one.msb) + "_" + std::to_string(one.lsb);
            if (one.name == type_name(owner_.name)) one.name += "_";  // would be its constructor
            if (!taken.insert(one.name).second)
                return std::unexpected{"two accessors named `" + one.name + "` in " + owner_.name};
        }
        return std::move(found_);
    }

    const owner& owner_;
    const catalogue::tables& all_;
    std::vector<accessor> found_;
};

}  // namespace

bit_range widest(const field_entry& field, const catalogue::tables& all) {
    const auto most = [&](std::uint16_t quantity) { return all.quantities[quantity].maximum; };
    const auto least = [&](std::uint16_t quantity) { return all.quantities[quantity].minimum; };
    return {.msb = std::min(catalogue::place(field.msb, most), 63),
            .lsb = std::max(catalogue::place(field.lsb, least), 0)};
}

bool is_enum(const catalogue::enumeration_entry& values) {
    std::set<std::string> names;
    return std::ranges::all_of(values.values, [&](const catalogue::enumerator& one) {
        return one.mask == ~std::uint64_t{0} && names.insert(member_name(one.name)).second;
    });
}

std::expected<std::vector<accessor>, std::string> accessors_of(const owner& owner, const catalogue::tables& all) {
    return collector{owner, all}.run();
}

std::uint64_t bits_with(access access, const owner& owner, const catalogue::tables& all) {
    std::uint64_t with = 0;
    std::uint64_t without = 0;
    for (const auto& field : owner.fields) {
        if (is_reserved(field)) continue;
        const auto [msb, lsb] = widest(field, all);
        (field.access == access ? with : without) |= catalogue::mask_of(msb, lsb);
    }
    return with & ~without;
}

}  // namespace msr::compiler
