#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "msr/host/cpu_list.hpp"
#include "msr/host/files.hpp"
#include "msr/host/snapshot.hpp"
#include "msr/host/snapshot_format.hpp"

namespace msr::host {
namespace {

using nlohmann::json;
using profile::cpuid_leaf;

constexpr auto take_again = "take the snapshot again, or copy the file again";
constexpr int deepest = 3;  // an object, in it a list, in it rows

/// Ends the reading; caught in read_snapshot.
struct unreadable {
    std::string place;
    std::string why;
};

std::size_t line_of(std::string_view text, std::size_t offset) {
    return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

std::string line_place(std::string_view text, std::size_t offset) {
    return fmt::format("line {}", line_of(text, offset));
}

template <class Number>
Number parse_hex(std::string_view digits, const std::string& place) {
    Number number = 0;
    const auto* const end = digits.data() + digits.size();
    const auto [stopped, problem] = std::from_chars(digits.data(), end, number, 16);
    if (problem != std::errc{} || stopped != end) {
        throw unreadable{place,
                         fmt::format("\"{}\" is not a hexadecimal number of {} bits", digits, 8 * sizeof number)};
    }
    return number;
}

json parse_json(std::string_view text) {
    const auto shallow = [&](int depth, json::parse_event_t event, const json&) {
        const bool opens = event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
        // Thrown at once: millions of opening brackets must not become millions of objects.
        if (opens && depth >= deepest) throw unreadable{"its JSON", "it is nested too deeply"};
        return true;
    };
    try {
        return json::parse(text, shallow);
    } catch (const json::parse_error& problem) {
        throw unreadable{line_place(text, problem.byte == 0 ? 0 : problem.byte - 1), "it is not JSON from here on"};
    } catch (const json::out_of_range&) {
        // The parser tells no place of a number beyond all floating-point numbers.
        throw unreadable{"its JSON", "it has a number that is too large"};
    }
}

// ---- the frame: the first line, the version, the checksum

void check_beginning(std::string_view text) {
    using snapshot_format::first_line;
    if (text.empty()) throw unreadable{"line 1", "the file is empty"};
    if (text.size() < first_line.size() && first_line.starts_with(text)) {
        throw unreadable{"line 1", "the file is truncated"};
    }
    if (!text.starts_with(first_line)) throw unreadable{"line 1", "this is not an msrkit snapshot, or it is damaged"};
    const auto rest = text.substr(first_line.size(), text.find_first_of(",\n") == 0 ? 0 : 20);
    int version = 0;
    const auto [stopped, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), version);
    if (problem != std::errc{} || stopped == rest.data() + rest.size() || *stopped != ',') {
        throw unreadable{"line 1", "the version is missing: the file is truncated or damaged"};
    }
    if (version != snapshot_version) {
        throw unreadable{"version", fmt::format("it is of version {}, and this program reads version {}: use the "
                                                "msrkit that wrote it, or a newer one",
                                                version, snapshot_version)};
    }
}

void check_end(std::string_view text) {
    using namespace snapshot_format;
    const auto size = std::max(text.size(), last_line_size) - last_line_size;
    const auto content = text.substr(0, size);
    const auto end = text.substr(size);
    if (end == end_of(content)) return;
    if (!end.starts_with(last_line)) {
        throw unreadable{line_place(text, text.size()), "it ends without its checksum: truncated or damaged"};
    }
    parse_json(text);  // if it can say where, better
    throw unreadable{line_place(text, size), "the checksum differs: the content was damaged or edited"};
}

// ---- the content

const json& member(const json& document, const char* key, json::value_t type) {
    const auto found = document.find(key);
    if (found == document.end()) throw unreadable{key, "the key is missing"};
    if (found->type() != type) throw unreadable{key, "it has the wrong type"};
    return *found;
}

const std::string& text_member(const json& document, const char* key) {
    return member(document, key, json::value_t::string).get_ref<const std::string&>();
}

/// A row of strings, and its place for errors.
class row_reader {
  public:
    row_reader(const json& row, std::string place) : row_{row}, place_{std::move(place)} {
        if (!row_.is_array()) fail("it is not a list");
    }

    [[nodiscard]] std::size_t size() const { return row_.size(); }
    [[nodiscard]] const std::string& place() const { return place_; }
    [[noreturn]] void fail(std::string why) const { throw unreadable{place_, std::move(why)}; }

    [[nodiscard]] const std::string& text(std::size_t at) const {
        if (at >= row_.size() || !row_[at].is_string()) fail(fmt::format("string number {} is missing", at));
        return row_[at].get_ref<const std::string&>();
    }
    [[nodiscard]] std::uint32_t hex(std::size_t at) const { return parse_hex<std::uint32_t>(text(at), place_); }
    [[nodiscard]] std::uint32_t number(std::size_t at) const {
        if (at >= row_.size() || !row_[at].is_number_unsigned()) fail(fmt::format("number {} is missing", at));
        const auto value = row_[at].get<std::uint64_t>();
        if (value >= cpu_limit) fail(fmt::format("{} is no CPU number", value));
        return static_cast<std::uint32_t>(value);
    }

  private:
    const json& row_;
    std::string place_;
};

identity read_identity(const json& document) {
    identity origin;
    const auto& kind = text_member(document, "source");
    const auto* const found =
        std::ranges::find(snapshot_format::sources, kind, [](source one) { return to_string(one); });
    if (found == snapshot_format::sources.end()) {
        throw unreadable{"source", fmt::format("\"{}\" is not a source that this program knows", kind)};
    }
    origin.kind = *found;
    origin.description = text_member(document, "description");
    origin.host = text_member(document, "host");
    origin.kernel = text_member(document, "kernel");
    origin.taken = text_member(document, "taken");
    origin.tool = text_member(document, "tool");
    return origin;
}

std::vector<std::uint32_t> read_cpus(const json& document) {
    auto cpus = parse_cpu_list(text_member(document, "cpus"));
    if (!cpus) throw unreadable{"cpus", cpus.error().why};
    return std::move(*cpus);
}

cpuid_leaf read_leaf(const row_reader& row, std::size_t first) {
    if (row.size() != first + 6) row.fail("it does not have leaf, sub-leaf and four registers");
    return {row.hex(first),
            row.hex(first + 1),
            {row.hex(first + 2), row.hex(first + 3), row.hex(first + 4), row.hex(first + 5)}};
}

template <class Visit>
void each_row(const json& document, const char* key, const Visit& visit) {
    const auto& rows = member(document, key, json::value_t::array);
    for (std::size_t at = 0; at < rows.size(); ++at) {
        visit(row_reader{rows[at], fmt::format("{}[{}]", key, at)});
    }
}

void read_cpuid(const json& document, const std::vector<std::uint32_t>& cpus, snapshot& recorded) {
    std::vector<cpuid_leaf> common;
    each_row(document, "cpuid", [&](const row_reader& row) { common.push_back(read_leaf(row, 0)); });
    if (common.size() * cpus.size() > snapshot_limits::leaves) throw unreadable{"cpuid", "it has too many leaves"};
    for (const auto cpu : cpus) {
        recorded.cpuid.emplace(cpu, common);
    }
    each_row(document, "cpuid_of_cpu", [&](const row_reader& row) {
        const auto found = recorded.cpuid.find(row.number(0));
        if (found == recorded.cpuid.end()) row.fail("the CPU is not in the list of CPUs");
        found->second.push_back(read_leaf(row, 1));
    });
    const auto key = [](const cpuid_leaf& one) { return std::pair{one.leaf, one.subleaf}; };
    for (auto& [cpu, leaves] : recorded.cpuid) {
        std::ranges::sort(leaves, {}, key);
        if (std::ranges::adjacent_find(leaves, {}, key) != leaves.end()) {
            throw unreadable{"cpuid", fmt::format("a leaf stands twice for CPU {}", cpu)};
        }
    }
}

result<std::uint64_t> read_value(const row_reader& row, std::size_t at, fault where) {
    const std::string_view text = row.text(at);
    if (text.starts_with("0x")) return parse_hex<std::uint64_t>(text.substr(2), row.place());
    const auto* const found =
        std::ranges::find(snapshot_format::causes, text, &std::pair<cause, std::string_view>::second);
    if (found == snapshot_format::causes.end()) row.fail(fmt::format("\"{}\" is neither a value nor a cause", text));
    where.cause = found->first;
    return std::unexpected{where};
}

void read_registers(const json& document, const std::vector<std::uint32_t>& cpus, snapshot& recorded) {
    std::vector<std::uint32_t> addresses;
    each_row(document, "registers", [&](const row_reader& row) {
        const auto address = row.hex(0);
        if (!addresses.empty() && address <= addresses.back()) row.fail("the addresses do not ascend");
        if (row.size() != 2 && row.size() != 1 + cpus.size()) row.fail("it has neither one value nor one for each CPU");
        addresses.push_back(address);
    });
    if (addresses.size() * cpus.size() > snapshot_limits::values) throw unreadable{"registers", "there are too many"};
    recorded.registers = readings{cpus, addresses};
    std::size_t position = 0;
    each_row(document, "registers", [&](const row_reader& row) {
        for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
            const fault where{addresses[position], cpus[cpu], direction::read, cause::not_recorded};
            recorded.registers.row(cpu)[position] = read_value(row, row.size() == 2 ? 1 : 1 + cpu, where);
        }
        ++position;
    });
}

snapshot read_content(std::string_view text) {
    if (text.size() > snapshot_limits::bytes) throw unreadable{"its size", "it is larger than any snapshot"};
    check_beginning(text);
    check_end(text);
    const auto document = parse_json(text);
    snapshot recorded{.origin = read_identity(document), .cpuid = {}, .registers = {}};
    const auto cpus = read_cpus(document);
    read_cpuid(document, cpus, recorded);
    read_registers(document, cpus, recorded);
    return recorded;
}

}  // namespace

outcome<snapshot> read_snapshot(std::string_view text, std::string_view name) {
    try {
        return read_content(text);
    } catch (const unreadable& problem) {
        return std::unexpected{error{error_kind::bad_input, fmt::format("cannot read the snapshot {}", name),
                                     fmt::format("{}: {}", problem.place, problem.why), take_again}};
    }
}

outcome<snapshot> load_snapshot(const std::filesystem::path& path) {
    const auto text = read_file(path, snapshot_limits::bytes);
    if (text) return read_snapshot(*text, path.string());
    return std::unexpected{
        error{error_kind::bad_input, "cannot read the snapshot " + path.string(),
              text.error() == EFBIG ? "it is larger than any snapshot" : describe_errno(text.error()),
              "check the file's name and permissions"}};
}

}  // namespace msr::host
