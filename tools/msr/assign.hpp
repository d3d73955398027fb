// NAME=VALUE as people write it, and what it makes of a register's value.
#pragma once

#include <string>
#include <string_view>

#include "tools/msr/values.hpp"

namespace tool {

struct assignment {
    std::string name;
    std::string value;
};

/// Taken apart at the first `=`; `form` is what the error says that it should be: "FIELD=VALUE".
[[nodiscard]] host::outcome<assignment> parse_assignment(const std::string& words, std::string_view form);

/// The field of that name, or null.
[[nodiscard]] const profile::resolved_field* field_named(const layout& fields, std::string_view name);

/// Puts a field into a register's value: a number, a value's name, or an address where the field holds one. Nothing is
/// cut off to make it fit.
[[nodiscard]] host::outcome<std::uint64_t> with_field(const layout& fields, std::uint64_t value,
                                                      const assignment& wanted);

}  // namespace tool
