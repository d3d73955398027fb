#include "tools/msr/report/differences.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "msr/catalogue/words.hpp"
#include "tools/msr/values.hpp"

namespace tool::report {

namespace {

using group = std::pair<std::string, std::vector<std::uint32_t>>;  // a value in words, and the CPUs that have it

void add(std::vector<group>& groups, std::string value, std::uint32_t cpu) {
    const auto same = std::ranges::find(groups, value, &group::first);
    if (same != groups.end()) return same->second.push_back(cpu);
    groups.emplace_back(std::move(value), std::vector{cpu});
}

// CPUs that should be alike, by their position in the readings.
std::map<std::uint32_t, std::vector<std::size_t>> kinds(const session& from, const host::readings& values) {
    const auto& quantities = from.facts().quantities;
    const auto* const kind = std::ranges::find_if(quantities, [](const auto& one) { return one.name == "CORE_TYPE"; });
    const auto index = static_cast<std::uint32_t>(kind - quantities.begin());
    std::map<std::uint32_t, std::vector<std::size_t>> result;
    for (std::size_t at = 0; at < values.cpus().size(); ++at)
        result[from.cpu(values.cpus()[at]).quantity(index)].push_back(at);
    return result;
}

class comparison {
  public:
    comparison(const session& from, const host::readings& values) : from_{from}, values_{values} {}

    void compare(std::span<const std::size_t> cpus, std::size_t address_at) {
        const auto& first = values_.at(cpus.front(), address_at);
        const auto same = [&](std::size_t cpu) {
            const auto& one = values_.at(cpu, address_at);
            return one.has_value() == first.has_value() && (!one || *one == *first);
        };
        if (std::ranges::all_of(cpus, same)) return;
        const auto candidates = catalogue::at_address(from_.facts(), values_.addresses()[address_at]);
        const auto* what = on_cpu(candidates, from_.cpu(values_.cpus()[cpus.front()]));
        if (what == nullptr) return;
        const auto name = catalogue::name_of(*what->entry, what->member);
        const bool some_faulted =
            std::ranges::any_of(cpus, [&](std::size_t cpu) { return !values_.at(cpu, address_at).has_value(); });
        if (some_faulted || !what->entry->fields_known) {
            compare_whole(cpus, address_at, name, *what->entry, some_faulted);
        } else {
            compare_fields(cpus, address_at, name, *what->entry);
        }
    }

    [[nodiscard]] std::vector<row> rows() && { return std::move(rows_); }

  private:
    void compare_whole(std::span<const std::size_t> cpus, std::size_t address_at, const std::string& name,
                       const catalogue::register_entry& entry, bool some_faulted) {
        if (!some_faulted && entry.varies != catalogue::variation::constant) return;
        std::vector<group> groups;
        for (const auto cpu : cpus) {
            const auto& value = values_.at(cpu, address_at);
            const auto words = !value         ? str(msr::to_string(value.error().cause))
                               : some_faulted ? "readable"
                                              : hex(*value);
            add(groups, words, values_.cpus()[cpu]);
        }
        add_row(name, "", entry, groups);
    }

    void compare_fields(std::span<const std::size_t> cpus, std::size_t address_at, const std::string& name,
                        const catalogue::register_entry& entry) {
        const auto& on = from_.cpu(values_.cpus()[cpus.front()]);
        const layout fields{entry, on};
        for (const auto& field : fields->fields) {
            if (field.entry->varies != catalogue::variation::constant) continue;
            std::vector<group> groups;
            for (const auto cpu : cpus) {
                const auto value = *values_.at(cpu, address_at);
                const auto raw = field.of(value);
                add(groups, words({field, raw, profile::meaning_of(*field.entry, raw)}, value, &on),
                    values_.cpus()[cpu]);
            }
            if (groups.size() > 1) add_row(name, str(field.entry->name), entry, groups);
        }
    }

    void add_row(const std::string& name, const std::string& field, const catalogue::register_entry& entry,
                 const std::vector<group>& groups) {
        row result{.label = "differs", .text = {}, .finding = true};
        result.text = fmt::format("each {} has one, and they should agree", std::string_view{to_word(entry.scope)});
        for (const auto& [value, cpus] : groups)
            result.says.push_back({name, field, value, cpus});
        rows_.push_back(std::move(result));
    }

    const session& from_;
    const host::readings& values_;
    std::vector<row> rows_;
};

}  // namespace

section differences(const session& from, const host::readings& values) {
    section result{"differences", "Differences between CPUs"};
    comparison work{from, values};
    const auto alike = kinds(from, values);
    for (std::size_t at = 0; at < values.addresses().size(); ++at) {
        for (const auto& [kind, cpus] : alike)
            work.compare(cpus, at);
    }
    result.rows = std::move(work).rows();
    if (!result.rows.empty()) return result;
    const auto count = values.cpus().size();
    result.rows.push_back({.label = "none",
                           .text = count == 1 ? "one CPU was read: there is nothing to compare"
                                              : fmt::format("{} CPUs agree in all {} registers, where they should",
                                                            count, values.addresses().size())});
    if (alike.size() > 1)
        result.rows.back().note = fmt::format("compared within each of {} kinds of core", alike.size());
    return result;
}

}  // namespace tool::report
