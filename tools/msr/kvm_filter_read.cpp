// The reader of the filter's file: it takes nothing that KVM would not, and says where what is wrong stands.

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>

#include "msr/host/files.hpp"
#include "tools/msr/kvm_filter.hpp"

namespace tool {

namespace virt = msr::virt;

namespace {

constexpr std::size_t largest_filter_file = std::size_t{16} << 20;

// Ends the reading; caught in read_kvm_filter.
struct no_filter {
    std::string why;
};

// Keeps what the library would pass over: a key that stands twice, and nesting without end.
class filter_watch {
  public:
    bool operator()(int depth, json::parse_event_t event, const json& value) {
        constexpr int deepest = 4;  // an object, in it a list of ranges, in each a list of registers
        using kind = json::parse_event_t;
        if ((event == kind::object_start || event == kind::array_start) && depth >= deepest)
            throw no_filter{"it is nested too deeply"};
        if (event == kind::object_start) keys_.emplace_back();
        if (event == kind::object_end) keys_.pop_back();
        if (event == kind::key && !keys_.back().insert(value.get<std::string>()).second)
            throw no_filter{fmt::format("\"{}\" stands twice in one object", value.get<std::string>())};
        return true;
    }

  private:
    std::vector<std::set<std::string>> keys_;
};

json parse_filter(std::string_view text) {
    filter_watch watch;
    try {
        return json::parse(
            text, [&](int depth, json::parse_event_t event, const json& value) { return watch(depth, event, value); });
    } catch (const json::parse_error& problem) {
        const auto end = problem.byte == 0 ? 0 : std::min(problem.byte - 1, text.size());
        throw no_filter{
            fmt::format("line {}: it is not JSON from here on", 1 + std::ranges::count(text.substr(0, end), '\n'))};
    } catch (const json::out_of_range&) {
        throw no_filter{"it has a number that is too large"};
    }
}

/// Reads a document that is JSON.
class filter_reader {
  public:
    explicit filter_reader(const catalogue::tables& facts) : facts_{facts} {}

    owned_kvm_filter read(const json& document) {
        if (!document.is_object() || document.value("format", json{}) != "msrkit-kvm-filter")
            throw no_filter{"this is no filter: \"format\" is not \"msrkit-kvm-filter\""};
        if (document.value("version", json{}) != 1) throw no_filter{"\"version\" is not 1, the only one that there is"};
        only(document, {"format", "version", "default", "ranges"});
        const auto& otherwise = string_of(document, "default");
        if (otherwise != "deny" && otherwise != "allow")
            throw no_filter{"\"default\" is neither \"allow\" nor \"deny\""};
        owned_kvm_filter filter{otherwise == "deny" ? virt::kvm_filter::denies_by_default : 0};
        const auto& ranges = member(document, "ranges");
        if (!ranges.is_array()) throw no_filter{"\"ranges\" is no list"};
        // Held against KVM's number first: each could ask for a bitmap.
        if (ranges.size() > virt::kvm_filter_limits::ranges)
            refuse({virt::kvm_filter_refusal::reason::too_many_ranges});
        for (std::size_t at = 0; at < ranges.size(); ++at) {
            place_ = fmt::format("range {}: ", at + 1);
            add_range(ranges[at], at, filter);
        }
        if (const auto valid = (*filter).validate(); !valid) refuse(valid.error());
        return filter;
    }

  private:
    [[noreturn]] void wrong(const std::string& why) const { throw no_filter{place_ + why}; }
    [[noreturn]] static void refuse(const virt::kvm_filter_refusal& why) { throw no_filter{refusal_in_words(why)}; }

    void only(const json& object, std::initializer_list<std::string_view> known) const {
        for (const auto& [key, value] : object.items()) {
            if (std::ranges::find(known, key) == known.end()) wrong(fmt::format("\"{}\" is no key of it", key));
        }
    }
    [[nodiscard]] const json& member(const json& object, const char* key) const {
        const auto found = object.find(key);
        if (found == object.end()) wrong(fmt::format("\"{}\" is missing", key));
        return *found;
    }
    [[nodiscard]] const std::string& string_of(const json& object, const char* key) const {
        const auto& value = member(object, key);
        if (!value.is_string()) wrong(fmt::format("\"{}\" is no string", key));
        return value.get_ref<const std::string&>();
    }

    void add_range(const json& value, std::size_t at, owned_kvm_filter& filter) {
        if (!value.is_object()) wrong("it is no object");
        only(value, {"access", "base", "count", "allowed"});
        virt::kvm_filter_range range{.flags = directions(string_of(value, "access")),
                                     .base = base_of(string_of(value, "base")),
                                     .count = count_of(value)};
        if (range.count > virt::kvm_filter_limits::registers) refuse({virt::kvm_filter_refusal::reason::too_long, at});
        std::vector<std::uint64_t> bitmap((range.count + 63) / 64);
        const auto& allowed = member(value, "allowed");
        if (!allowed.is_array()) wrong("\"allowed\" is no list");
        for (const auto& one : allowed) {
            if (!one.is_string()) wrong("a register in \"allowed\" is no string");
            allow(one.get_ref<const std::string&>(), range, bitmap);
        }
        range.bitmap = bitmap;
        filter.add(range);
    }

    [[nodiscard]] std::uint32_t directions(std::string_view words) const {
        if (words == "r") return static_cast<std::uint32_t>(virt::accesses::reads);
        if (words == "w") return static_cast<std::uint32_t>(virt::accesses::writes);
        if (words == "rw") return static_cast<std::uint32_t>(virt::accesses::both);
        wrong("\"access\" is none of r, w and rw");
    }

    [[nodiscard]] std::uint32_t count_of(const json& value) const {
        const auto& count = member(value, "count");
        if (!count.is_number_unsigned() || count.get<std::uint64_t>() > 0xFFFFFFFF)
            wrong("\"count\" is no whole number of 32 bits");
        return count.get<std::uint32_t>();
    }

    [[nodiscard]] std::uint32_t address_of(std::string_view words) const {
        const auto address = catalogue::parse_address(words);
        if (!address) wrong(address.error());
        return *address;
    }

    // The registers that words stand for: an address or a name.
    [[nodiscard]] std::vector<std::uint32_t> registers_of(const std::string& words) const {
        const auto targets = catalogue::find_by_name(facts_, words);
        if (!targets) wrong(targets.error());
        if (targets->empty()) return {address_of(words)};
        std::vector<std::uint32_t> found;
        for (const auto& one : *targets) {
            if (one.field != nullptr) wrong(words + " is a field: KVM filters whole registers");
            found.push_back(one.address());
        }
        return found;
    }

    [[nodiscard]] std::uint32_t base_of(const std::string& words) const {
        const auto found = registers_of(words);
        return *std::ranges::min_element(found);
    }

    void allow(const std::string& words, const virt::kvm_filter_range& range,
               std::vector<std::uint64_t>& bitmap) const {
        const auto set = [&](std::uint32_t index) {
            const auto bit = index - range.base;
            if (bit >= range.count)
                wrong(fmt::format("{} is not within it: it has {} from {:#x}", words, range.count, range.base));
            bitmap[bit / 64] |= std::uint64_t{1} << (bit % 64);
        };
        const auto dash = words.find('-');
        if (dash == std::string::npos) {
            for (const auto index : registers_of(words))
                set(index);
            return;
        }
        const auto first = address_of(std::string_view{words}.substr(0, dash));
        const auto last = address_of(std::string_view{words}.substr(dash + 1));
        if (last - first >= virt::kvm_filter_limits::registers) wrong(words + " is no stretch that a range can hold");
        for (std::uint32_t at = 0; at <= last - first; ++at)
            set(first + at);
    }

    const catalogue::tables& facts_;
    std::string place_;
};

}  // namespace

host::outcome<owned_kvm_filter> read_kvm_filter(std::string_view text, std::string_view name,
                                                const catalogue::tables& facts) {
    try {
        return filter_reader{facts}.read(parse_filter(text));
    } catch (const no_filter& problem) {
        return host::bad_input(std::string{name}, problem.why);
    }
}

host::outcome<owned_kvm_filter> load_kvm_filter(const std::filesystem::path& path, const catalogue::tables& facts) {
    const auto text = host::read_file(path, largest_filter_file);
    if (text) return read_kvm_filter(*text, path.string(), facts);
    return host::bad_input("cannot read the filter " + path.string(),
                           text.error() == EFBIG ? "it is too large for one" : host::describe_errno(text.error()),
                           "check the file's name and permissions");
}

}  // namespace tool
