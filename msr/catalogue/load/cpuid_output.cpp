// The output of the tool cpuid with -r: a line "CPU 0:" (with -1: "CPU:"), then a line for each leaf and sub-leaf:
//    0x00000007 0x00: eax=0x00000002 ebx=0xf1bf2ffb ecx=0x1a415f46 edx=0x20814010
#include <algorithm>
#include <array>
#include <charconv>

#include "msr/catalogue/load/cpuid_name.hpp"
#include "msr/catalogue/load/profiles.hpp"

namespace msr::catalogue::load {

namespace {

// More than any CPU answers: a hostile file must not fill the memory.
constexpr std::size_t most_leaves = 4096;

std::string_view trimmed(std::string_view line) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

// "CPU:" or "CPU 12:"
bool is_heading(std::string_view line) {
    if (!line.starts_with("CPU") || !line.ends_with(':')) return false;
    const auto number = trimmed(line.substr(3, line.size() - 4));
    return number.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Takes a line apart from its beginning.
class line_reader {
  public:
    explicit line_reader(std::string_view line) : rest_{line} {}

    [[nodiscard]] bool skip(std::string_view word) {
        rest_ = trimmed(rest_);
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    [[nodiscard]] bool hex(std::uint32_t& into) {
        if (!skip("0x")) return false;
        const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), into, 16);
        if (status != std::errc{}) return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return true;
    }

    [[nodiscard]] bool at_end() const { return trimmed(rest_).empty(); }

  private:
    std::string_view rest_;
};

bool parse_leaf(std::string_view line, cpuid_leaf& into) {
    line_reader read{line};
    auto& [eax, ebx, ecx, edx] = into.answer;
    return read.hex(into.leaf) && read.hex(into.subleaf) && read.skip(":") && read.skip("eax=") && read.hex(eax) &&
           read.skip("ebx=") && read.hex(ebx) && read.skip("ecx=") && read.hex(ecx) && read.skip("edx=") &&
           read.hex(edx) && read.at_end();
}

class output_reader {
  public:
    explicit output_reader(const std::string& name) : name_{name} {}

    /// The error, or nothing.
    std::string line(std::string_view text) {
        if (text.empty()) return {};
        if (is_heading(text)) {
            ++cpus_;
            return {};
        }
        cpuid_leaf one;
        if (cpus_ == 0) return "a line `CPU 0:` has to come first";
        if (!parse_leaf(text, one)) {
            return "not a line of cpuid -r: 0x00000000 0x00: eax=0x… ebx=0x… ecx=0x… edx=0x…";
        }
        if (cpus_ > 1) return {};
        if (result_.cpuid.size() >= most_leaves) return "more leaves than a CPU has";
        const auto same = [&](const auto& other) { return other.leaf == one.leaf && other.subleaf == one.subleaf; };
        if (std::ranges::any_of(result_.cpuid, same))
            return "the leaf " + leaf_name(one.leaf, one.subleaf) + " stands twice";
        result_.cpuid.push_back(one);
        return {};
    }

    /// The CPU, or why there is none.
    std::expected<cpu_description, std::string> finish() {
        if (result_.cpuid.empty()) return std::unexpected{"it holds no leaf of CPUID"};
        std::ranges::sort(result_.cpuid, {}, [](const auto& one) { return std::pair{one.leaf, one.subleaf}; });
        auto source = "cpuid -r, " + name_;
        if (cpus_ > 1) source += ": the first of " + std::to_string(cpus_) + " CPUs";
        result_.sources.push_back(std::move(source));
        return std::move(result_);
    }

  private:
    const std::string& name_;
    std::size_t cpus_ = 0;
    cpu_description result_;
};

}  // namespace

bool is_cpuid_output(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return false;
    return is_heading(trimmed(text.substr(first, text.find('\n', first) - first)));
}

std::expected<cpu_description, problems> load_cpuid_output(const std::string& name, std::string_view text) {
    output_reader reader{name};
    int number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = std::min(text.find('\n'), text.size());
        if (const auto why = reader.line(trimmed(text.substr(0, end))); !why.empty())
            return std::unexpected{problems{{name, number, why}}};
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    auto result = reader.finish();
    if (!result) return std::unexpected{problems{{name, number, result.error()}}};
    return std::move(*result);
}

}  // namespace msr::catalogue::load
