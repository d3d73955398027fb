#include "compiler/audit/listing.hpp"

#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "compiler/audit/read_text.hpp"

namespace msr::audit {

namespace {

constexpr const char* listing_source = "msrtool";

struct listed_field {
    bit_range bits;
    std::string name;
};

std::string_view word_of(std::string_view& rest) {
    const auto first = std::min(rest.find_first_not_of(' '), rest.size());
    const auto end = std::min(rest.find(' ', first), rest.size());
    const auto word = rest.substr(first, end - first);
    rest.remove_prefix(end);
    return word;
}

// "12:8 NAME ..." or "8 NAME ..."; nothing if it does not begin with bits.
std::optional<listed_field> field_in(std::string_view line) {
    const auto bits = word_of(line);
    const auto colon = bits.find(':');
    const auto msb = to_number(bits.substr(0, colon), 10);
    const auto lsb = colon == std::string_view::npos ? msb : to_number(bits.substr(colon + 1), 10);
    if (!msb || !lsb || *msb > 63 || *lsb > *msb) return std::nullopt;
    return listed_field{{static_cast<int>(*msb), static_cast<int>(*lsb)}, std::string{word_of(line)}};
}

class listing_reader {
  public:
    listing_reader(const std::string& file, problems& found) : file_{file}, found_{found} {}

    void line(std::string_view text) {
        ++line_;
        if (text.starts_with("# ")) {
            comment(text.substr(2));
        } else if (text.starts_with("0x")) {
            address(text.substr(2));
        } else {
            name_.clear();
            fields_.clear();
        }
    }

    std::vector<claim> claims;

  private:
    void comment(std::string_view text) {
        if (auto field = field_in(text)) {
            fields_.push_back(std::move(*field));
            return;
        }
        name_ = word_of(text);
        fields_.clear();
    }

    void address(std::string_view digits) {
        const auto value = to_number(digits, 16);
        if (!value || *value > 0xFFFF'FFFF || name_.empty()) {
            found_.push_back({file_, line_, name_.empty() ? "an address without a name" : "not an address"});
            return;
        }
        const auto at = static_cast<std::uint32_t>(*value);
        claims.push_back({.source = listing_source, .address = at, .name = name_});
        for (auto& one : fields_)
            claims.push_back({.source = listing_source,
                              .about = subject::field,
                              .address = at,
                              .name = std::move(one.name),
                              .registers = {name_},
                              .bits = one.bits});
        name_.clear();
        fields_.clear();
    }

    const std::string& file_;
    problems& found_;
    int line_ = 0;
    std::string name_;
    std::vector<listed_field> fields_;
};

}  // namespace

std::vector<claim> parse_msrtool_listing(const std::string& file, std::string_view text, problems& found) {
    listing_reader reader{file, found};
    while (!text.empty()) {
        const auto end = text.find('\n');
        reader.line(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (reader.claims.empty()) found.push_back({file, 0, "lists no register"});
    return std::move(reader.claims);
}

std::vector<claim> read_msrtool_listing(const std::filesystem::path& file, problems& found) {
    const auto text = read_text(file, found);
    return text ? parse_msrtool_listing(file.string(), *text, found) : std::vector<claim>{};
}

}  // namespace msr::audit
