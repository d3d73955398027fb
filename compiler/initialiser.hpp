// The text of C++ initialisers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "msr/core/view.hpp"

namespace msr::compiler {

inline std::string literal(text words) {
    std::string result = "\"";
    for (const char letter : words) {
        if (letter == '"' || letter == '\\') result += '\\';
        if (letter == '\n') {
            result += "\\n";
        } else {
            result += letter;
        }
    }
    return result + '"';
}

// One member of a designated initialiser; nothing where the default says the same.
class members {
  public:
    void number(std::string_view name, std::uint64_t value, std::uint64_t otherwise = 0) {
        if (value != otherwise) raw(name, fmt::format("{:#x}", value));
    }
    void words(std::string_view name, text value) {
        if (!value.empty()) raw(name, literal(value));
    }
    void flag(std::string_view name, bool value) {
        if (value) raw(name, "true");
    }
    template <class Enum>
    void choice(std::string_view name, Enum value, Enum otherwise, std::string_view type) {
        if (value != otherwise) raw(name, fmt::format("static_cast<{}>({})", type, static_cast<int>(value)));
    }
    void raw(std::string_view name, const std::string& value) {
        if (value.empty()) return;
        if (!text_.empty()) text_ += ", ";
        text_ += fmt::format(".{}={}", name, value);
    }
    [[nodiscard]] std::string braced() const { return "{" + text_ + "}"; }

  private:
    std::string text_;
};

}  // namespace msr::compiler
