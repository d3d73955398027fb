#include "msr/catalogue/load/expression_parser.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "msr/catalogue/evaluate.hpp"

namespace msr::catalogue::load {

namespace {

struct binary_operator {
    std::string_view symbol;
    operation code;
    int binding;  // higher binds tighter
};

// Longer symbols stand before their prefixes.
constexpr std::array operators{
    binary_operator{"or", operation::logical_or, 1}, binary_operator{"and", operation::logical_and, 2},
    binary_operator{"==", operation::equal, 4},      binary_operator{"!=", operation::not_equal, 4},
    binary_operator{"<=", operation::less_equal, 4}, binary_operator{">=", operation::greater_equal, 4},
    binary_operator{"<", operation::less, 4},        binary_operator{">", operation::greater, 4},
    binary_operator{"+", operation::add, 5},         binary_operator{"-", operation::subtract, 5},
    binary_operator{"*", operation::multiply, 6},    binary_operator{"/", operation::divide, 6},
    binary_operator{"^", operation::power, 7},
};
constexpr int binding_of_not = 3;
// Parentheses and `not` nest by recursion; hostile text must not exhaust the stack.
constexpr int deepest_nesting = 64;
// A name stands for a program, which may hold names of others: a chain that doubles must not fill the memory.
constexpr std::size_t longest = 4096;

bool is_word(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '@';
}

class parser {
  public:
    parser(std::string_view source, const name_resolver& names) : source_{source}, names_{names} {}

    std::expected<program, std::string> run() {
        if (!expression(0) || !at_end()) {
            if (error_.empty()) fail("unexpected `" + std::string{rest().substr(0, 12)} + "`");
            return std::unexpected{error_};
        }
        return std::move(code_);
    }

  private:
    std::string_view rest() {
        while (at_ < source_.size() && std::isspace(static_cast<unsigned char>(source_[at_])) != 0)
            ++at_;
        return source_.substr(at_);
    }

    bool at_end() { return rest().empty(); }

    bool fail(std::string message) {
        error_ = "in `" + std::string{source_} + "`, column " + std::to_string(at_ + 1) + ": " + std::move(message);
        return false;
    }

    bool take(std::string_view symbol) {
        const auto text = rest();
        if (!text.starts_with(symbol)) return false;
        const bool word = is_word(symbol.back());
        if (word && text.size() > symbol.size() && is_word(text[symbol.size()])) return false;
        at_ += symbol.size();
        return true;
    }

    bool expression(int binding) {
        if (++depth_ > deepest_nesting) return fail("nested too deeply");
        if (!prefix()) return false;
        while (true) {
            const auto saved = (rest(), at_);
            const auto next = std::ranges::find_if(operators, [&](const auto& one) { return take(one.symbol); });
            if (next == operators.end() || next->binding <= binding) {
                at_ = saved;
                --depth_;
                return true;
            }
            if (!expression(next->binding)) return false;
            code_.push_back({.code = next->code});
        }
    }

    bool prefix() {
        if (take("not")) {
            if (!expression(binding_of_not)) return false;
            code_.push_back({.code = operation::logical_not});
            return true;
        }
        if (take("(")) {
            if (!expression(0)) return false;
            return take(")") || fail("a closing parenthesis is missing");
        }
        const auto text = rest();
        if (text.empty()) return fail("a value is missing at the end");
        if (std::isdigit(static_cast<unsigned char>(text.front())) != 0) return number();
        return name();
    }

    std::optional<std::uint64_t> digits() {
        const auto text = rest();
        const bool hexadecimal = text.starts_with("0x");
        const auto* first = text.data() + (hexadecimal ? 2 : 0);
        std::uint64_t value = 0;
        const auto [end, status] = std::from_chars(first, text.data() + text.size(), value, hexadecimal ? 16 : 10);
        if (status != std::errc{}) return std::nullopt;
        at_ += static_cast<std::size_t>(end - text.data());
        if (at_ < source_.size() && is_word(source_[at_])) return std::nullopt;
        return value;
    }

    bool number() {
        const auto value = digits();
        if (!value) return fail("not a number of 64 bits");
        return append({{.code = operation::number, .operand = *value}});
    }

    bool name() {
        const auto text = rest();
        std::size_t length = 0;
        while (length < text.size() && (is_word(text[length]) || text[length] == '.'))
            ++length;
        if (length == 0) return fail("unexpected `" + std::string{text.substr(0, 1)} + "`");
        const auto start = at_;
        at_ += length;
        int msb = -1;
        int lsb = -1;
        if (take("[") && !bit_range(msb, lsb)) return false;
        auto meaning = names_(text.substr(0, length), msb, lsb);
        if (!meaning) {
            at_ = start;
            return fail(meaning.error());
        }
        return append(*meaning);
    }

    bool append(const program& meaning) {
        if (code_.size() + meaning.size() > longest) return fail("the expression is too long");
        code_.insert(code_.end(), meaning.begin(), meaning.end());
        return true;
    }

    bool bit_range(int& msb, int& lsb) {
        const auto high = digits();
        auto low = high;
        if (take("..")) low = digits();
        if (!high || !low || *high > 63 || *low > *high || !take("]")) return fail("bits are written [4..0] or [4]");
        msb = static_cast<int>(*high);
        lsb = static_cast<int>(*low);
        return true;
    }

    std::string_view source_;
    const name_resolver& names_;
    std::size_t at_ = 0;
    int depth_ = 0;
    program code_;
    std::string error_;
};

}  // namespace

bool fits(expression code) {
    std::size_t depth = 0;
    std::size_t most = 0;
    for (const auto& step : code) {
        if (step.code < operation::logical_and) {
            most = std::max(most, ++depth);
        } else if (step.code != operation::logical_not) {
            --depth;
        }
    }
    return most <= expression_depth;
}

std::expected<program, std::string> compile(std::string_view source, const name_resolver& names) {
    if (source == "always") return program{};
    auto code = parser{source, names}.run();
    if (code && !fits(*code)) return std::unexpected{"`" + std::string{source} + "` nests too deeply"};
    return code;
}

}  // namespace msr::catalogue::load
