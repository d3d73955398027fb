// The #defines of a C header, and the values of those that are numbers or bits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/audit/claims.hpp"

namespace msr::audit {

struct define {
    std::string name;
    std::string value;  // without comments, spaces at its ends, and the line breaks in it
    int line = 0;
    int paragraph = 0;  // counts the empty lines before it
};

/// The #defines with a value and without arguments, in their order; of one name that stands twice, both.
[[nodiscard]] std::vector<define> read_defines(const std::string& file, std::string_view text, problems& found);

/// Works out values: numbers in C's notations, other #defines, BIT(), BIT_ULL(), GENMASK(), GENMASK_ULL(), <<, | and
/// parentheses. Whatever else stands in an expression, it has no value.
class define_values {
  public:
    explicit define_values(const std::vector<define>& all);

    [[nodiscard]] std::optional<std::uint64_t> value_of(const std::string& name) const;
    [[nodiscard]] std::optional<std::uint64_t> evaluate(std::string_view expression) const;

  private:
    std::map<std::string, std::string, std::less<>> by_name_;
};

/// A number in C's notation with its suffix: 0x1bULL, 29.
[[nodiscard]] std::optional<std::uint64_t> c_number(std::string_view word);

}  // namespace msr::audit
