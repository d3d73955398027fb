#include "lab/conformance/lists.hpp"

#include <fstream>
#include <sstream>

#include "msr/catalogue/bits.hpp"
#include "msr/catalogue/lookup.hpp"

namespace conformance {

namespace {

listed<std::vector<std::string>> lines_of(const std::string& file) {
    std::ifstream from{file};
    if (!from) return std::unexpected{file + " cannot be read"};
    std::vector<std::string> result;
    for (std::string line; std::getline(from, line);) {
        if (!line.empty() && line.front() != '#') result.push_back(line);
    }
    return result;
}

std::vector<std::string> parts_of(const std::string& line) {
    constexpr std::string_view between = " | ";
    std::vector<std::string> result;
    for (std::size_t at = 0; at != std::string::npos;) {
        const auto end = line.find(between, at);
        result.push_back(line.substr(at, end - at));
        at = end == std::string::npos ? end : end + between.size();
    }
    return result;
}

// What the first word of each line stands for in the catalogue.
listed<std::vector<msr::catalogue::target>> targets_of(const std::string& file, const msr::catalogue::tables& facts) {
    const auto lines = lines_of(file);
    if (!lines) return std::unexpected{lines.error()};
    std::vector<msr::catalogue::target> result;
    for (const auto& line : *lines) {
        const auto found = msr::catalogue::find_by_name(facts, line.substr(0, line.find(' ')));
        if (!found) return std::unexpected{file + ": " + found.error()};
        result.insert(result.end(), found->begin(), found->end());
    }
    return result;
}

}  // namespace

listed<std::vector<known_survivor>> read_survivors(const std::string& file) {
    const auto lines = lines_of(file);
    if (!lines) return std::unexpected{lines.error()};
    std::vector<known_survivor> result;
    for (const auto& line : *lines) {
        const auto parts = parts_of(line);
        if (parts.size() != 4) return std::unexpected{file + ": no `REGISTER | WHAT | ORACLE | WHY`: " + line};
        result.push_back({parts[0], parts[1], parts[2], parts[3]});
    }
    return result;
}

listed<std::set<std::uint32_t>> read_registers(const std::string& file, const msr::catalogue::tables& facts) {
    const auto targets = targets_of(file, facts);
    if (!targets) return std::unexpected{targets.error()};
    std::set<std::uint32_t> result;
    for (const auto& one : *targets)
        result.insert(one.address());
    return result;
}

listed<std::vector<left_out>> read_fields(const std::string& file, const msr::catalogue::tables& facts) {
    const auto targets = targets_of(file, facts);
    if (!targets) return std::unexpected{targets.error()};
    std::vector<left_out> result;
    for (const auto& one : *targets) {
        if (one.field == nullptr) return std::unexpected{file + ": a line is no NAME.FIELD"};
        result.push_back({one.address(), msr::catalogue::mask_of(one.field->msb.offset, one.field->lsb.offset)});
    }
    return result;
}

}  // namespace conformance
