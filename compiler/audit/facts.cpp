#include "compiler/audit/facts.hpp"

#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "compiler/audit/read_text.hpp"

namespace msr::audit {

namespace {

std::vector<std::string_view> split(std::string_view line, char between) {
    std::vector<std::string_view> result;
    while (true) {
        const auto end = line.find(between);
        result.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return result;
        line.remove_prefix(end + 1);
    }
}

std::optional<bit_range> bits_of(std::string_view msb, std::string_view lsb) {
    bit_range result{.open = msb == "MAXPHYADDR-1"};
    const auto low = to_number(lsb, 10);
    const auto high = result.open ? low : to_number(msb, 10);
    // Beyond 63 is a mistake of the list that the comparison reports; a hundred and more is none of bits.
    if (!low || !high || *high < *low || *high > 127) return std::nullopt;
    result.lsb = static_cast<int>(*low);
    result.msb = result.open ? 63 : static_cast<int>(*high);
    return result;
}

std::optional<cpu_model> model_of(std::string_view word) {
    const auto gap = word.find('_');
    if (gap == std::string_view::npos) return std::nullopt;
    const auto family = to_number(word.substr(0, gap), 16);
    const auto model = to_number(word.substr(gap + 1), 16);
    if (!family || !model || *family > 0xFFFF || *model > 0xFFFF) return std::nullopt;
    return cpu_model{static_cast<std::uint16_t>(*family), static_cast<std::uint16_t>(*model)};
}

// One row as claims; false if its columns are not what they should be.
using row_reader = bool (*)(std::uint32_t address, const std::vector<std::string_view>& row, std::vector<claim>& into);

bool read_address(std::uint32_t address, const std::vector<std::string_view>& row, std::vector<claim>& into) {
    for (const auto source : split(row[2], ',')) {
        if (source.empty()) return false;
        into.push_back({.source = std::string{source}, .address = address, .name = std::string{row[1]}});
    }
    return true;
}

bool read_field(std::uint32_t address, const std::vector<std::string_view>& row, std::vector<claim>& into) {
    const auto bits = bits_of(row[2], row[3]);
    if (!bits || row[4].empty()) return false;
    into.push_back({.source = std::string{row[4]},
                    .about = subject::field,
                    .address = address,
                    .name = std::string{row[1]},
                    .bits = *bits});
    return true;
}

bool read_models(std::uint32_t address, const std::vector<std::string_view>& row, std::vector<claim>& into) {
    for (const auto word : split(row[2], ',')) {
        const auto on = model_of(word);
        if (!on) return false;
        auto& one = into.emplace_back(claim{
            .source = "models", .about = subject::model, .address = address, .name = std::string{row[1]}, .on = *on});
        if (!one.name.empty()) one.registers = {one.name};
    }
    return true;
}

struct table_form {
    const char* file;
    std::string_view header;
    row_reader read;
};

constexpr table_form table_forms[] = {
    {"addresses.tsv", "address\tname\tsources", read_address},
    {"fields.tsv", "address\tfield\tmsb\tlsb\tsource", read_field},
    {"models.tsv", "address\tname\tfamily_model\tsdm_vol4_table", read_models},
};

void read_rows(const table_form& form, const std::string& file, std::string_view text, std::vector<claim>& into,
               problems& found) {
    const auto columns = split(form.header, '\t').size();
    int line = 0;
    while (!text.empty()) {
        ++line;
        const auto end = text.find('\n');
        const auto content = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line == 1) {
            if (content != form.header) found.push_back({file, 1, fmt::format("the columns are not {}", form.header)});
            continue;
        }
        const auto row = split(content, '\t');
        const auto address = row[0].starts_with("0x") ? to_number(row[0].substr(2), 16) : std::nullopt;
        if (row.size() != columns || !address || *address > 0xFFFF'FFFF ||
            !form.read(static_cast<std::uint32_t>(*address), row, into))
            found.push_back({file, line, "not a row of this table"});
    }
}

}  // namespace

void read_table(const std::string& file, std::string_view text, std::vector<claim>& into, problems& found) {
    for (const auto& form : table_forms) {
        if (std::filesystem::path{file}.filename() == form.file) return read_rows(form, file, text, into, found);
    }
    found.push_back({file, 0, "no table of this name is known"});
}

void name_registers(std::vector<claim>& claims) {
    std::map<std::pair<std::string, std::uint32_t>, std::vector<std::string>> names;
    for (const auto& one : claims) {
        if (one.about == subject::name && !one.name.empty()) names[{one.source, one.address}].push_back(one.name);
    }
    for (auto& one : claims) {
        if (one.about != subject::field || !one.registers.empty()) continue;
        if (const auto at = names.find({one.source, one.address}); at != names.end()) one.registers = at->second;
    }
}

std::vector<claim> read_facts(const std::filesystem::path& folder, problems& found) {
    std::vector<claim> result;
    bool any = false;
    for (const auto& form : table_forms) {
        const auto file = folder / form.file;
        if (!std::filesystem::exists(file)) continue;
        any = true;
        if (const auto text = read_text(file, found)) read_table(file.string(), *text, result, found);
    }
    if (!any) found.push_back({folder.string(), 0, "holds none of addresses.tsv, fields.tsv and models.tsv"});
    name_registers(result);
    return result;
}

}  // namespace msr::audit
