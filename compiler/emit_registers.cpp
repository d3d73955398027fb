#include "compiler/emit_registers.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/accessors.hpp"
#include "compiler/names.hpp"
#include "compiler/register_text.hpp"
#include "compiler/write_file.hpp"

namespace msr::compiler {

namespace {

// Path below msr/registers, to contents.
using file_set = std::map<std::string, std::string>;

class emitter {
  public:
    explicit emitter(const catalogue::tables& all) : all_{all} {}

    std::expected<file_set, std::string> run() {
        for (const auto& layout : all_.layouts)
            add_layout(layout);
        for (const auto& entry : all_.registers)
            add_register(entry);
        for (const auto& [name, use] : enums_in_use())
            add("enumerations/", type_name(name), entry_text(*use.values),
                enumeration_header(*use.values, type_name(name), use.width));
        if (!error_.empty()) return std::unexpected{error_};
        files_["relations.hpp"] = relations_header(all_);
        files_["cpuid.hpp"] = cpuid_header(all_);
        std::vector<std::string> headers;
        for (const auto& [name, contents] : files_)
            headers.push_back(name);
        files_["all.hpp"] = all_header(headers);
        files_["every_field.hpp"] = every_field_header(field_lines_);
        return std::move(files_);
    }

  private:
    void add(const std::string& folder, const std::string& type, const std::string& of, const std::string& contents) {
        const auto [other, fresh] = types_.try_emplace(type, of);
        if (!fresh) fail("msr::" + type + " would be two types: of " + other->second + " and of " + of);
        files_[folder + type + ".hpp"] = contents;
    }

    // Of types whose accessors are the same the first one stands for all: hundreds of registers share their layouts.
    void list_fields(const std::vector<accessor>& accessors, const std::string& type) {
        if (shapes_.insert(shape_of(accessors)).second) field_lines_ += field_lines(accessors, type);
    }

    // The first error is the one that is told.
    void fail(std::string error) {
        if (error_.empty()) error_ = std::move(error);
    }

    void add_layout(const catalogue::layout_entry& layout) {
        const auto type = type_name(layout.name);
        const owner fields{
            .name = std::string{std::string_view{layout.name}}, .writable = true, .fields = layout.fields, .parts = {}};
        const auto accessors = accessors_of(fields, all_);
        if (!accessors) {
            fail(accessors.error());
            return;
        }
        list_fields(*accessors, type);
        add("layouts/", type, entry_text(layout), layout_header(layout, type, *accessors));
    }

    void add_register(const catalogue::register_entry& entry) {
        const auto type = type_name(entry.name, entry.variant);
        const owner fields{.name = std::string{std::string_view{entry.name}},
                           .writable = entry.access != catalogue::access::read_only,
                           .fields = entry.fields_known ? entry.fields : view<catalogue::field_entry>{},
                           .parts = entry.fields_known ? entry.parts : view<catalogue::part_entry>{}};
        const auto accessors = accessors_of(fields, all_);
        if (!accessors) {
            fail(accessors.error());
            return;
        }
        list_fields(*accessors, type);
        add("", type, entry_text(entry), register_header(entry, type, fields, *accessors, all_));
    }

    struct enum_use {
        const catalogue::enumeration_entry* values = nullptr;
        int width = 0;
    };

    // The enumerations in use, by name, each with the width of its widest field: an enum must hold values without a
    // name too. An overlay's registers and the built-in ones have each a table of them, so that addresses tell nothing.
    [[nodiscard]] std::map<std::string, enum_use> enums_in_use() const {
        std::map<std::string, enum_use> uses;
        const auto look = [&](const view<catalogue::field_entry>& fields) {
            for (const auto& field : fields) {
                if (field.values == nullptr || field.shift != 0 || !is_enum(*field.values)) continue;
                const auto [msb, lsb] = widest(field, all_);
                auto& [values, width] = uses[std::string{std::string_view{field.values->name}}];
                values = field.values;
                width = std::max(width, msb - lsb + 1);
                for (const auto& one : field.values->values)
                    width = std::max(width, static_cast<int>(std::bit_width(one.match)));
            }
        };
        for (const auto& layout : all_.layouts)
            look(layout.fields);
        for (const auto& entry : all_.registers)
            look(entry.fields);
        return uses;
    }

    const catalogue::tables& all_;
    file_set files_;
    std::map<std::string, std::string> types_;  // and what each is made from
    std::set<std::string> shapes_;
    std::string field_lines_;
    std::string error_;
};

std::expected<void, std::string> remove_stale(const file_set& files, const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> stale;
    if (!std::filesystem::exists(folder)) return {};
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        const auto name = entry.path().lexically_relative(folder).generic_string();
        if (entry.path().extension() == ".hpp" && !files.contains(name)) stale.push_back(entry.path());
    }
    for (const auto& file : stale) {
        std::error_code error;
        std::filesystem::remove(file, error);
        if (error) return std::unexpected{file.string() + " cannot be removed: " + error.message()};
    }
    return {};
}

std::expected<void, std::string> bring_up_to_date(const file_set& files, const std::filesystem::path& out) {
    const auto folder = out / "msr" / "registers";
    for (const auto& [name, contents] : files) {
        if (auto written = write_if_changed(folder / name, contents); !written) return written;
    }
    return remove_stale(files, folder);
}

}  // namespace

std::expected<void, std::string> emit_registers(const catalogue::tables& all, const std::filesystem::path& out) {
    const auto files = emitter{all}.run();
    if (!files) return std::unexpected{files.error()};
    return bring_up_to_date(*files, out);
}

std::expected<void, std::string> emit_registers(const catalogue::tables& all, const catalogue::tables& base,
                                                const std::filesystem::path& out) {
    auto files = emitter{all}.run();
    if (!files) return std::unexpected{files.error()};
    const auto there = emitter{base}.run();
    if (!there) return std::unexpected{there.error()};
    for (const auto& [name, contents] : *there) {
        const auto same = files->find(name);
        if (same != files->end() && same->second == contents) files->erase(same);
    }
    return bring_up_to_date(*files, out);
}

}  // namespace msr::compiler
