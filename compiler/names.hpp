// How names of the catalogue become names of C++.
#pragma once

#include <string>
#include <string_view>

#include "msr/catalogue/model.hpp"

namespace msr::compiler {

/// A field or an enumerator: lower case. A keyword, a name that every register's type has, or a common macro gets an
/// underscore behind it; a leading digit one before it: INT is int_, RAW is raw_, 3DNOW is _3dnow.
[[nodiscard]] std::string member_name(std::string_view name);

/// A register, an enumeration or a layout, as a type in namespace msr: lower case; a keyword or a name that the library
/// itself has there gets an underscore behind it. A variant is part of the name.
[[nodiscard]] std::string type_name(std::string_view name, std::string_view variant = {});

/// What an error calls an entry: "register NAME@variant (FILE:LINE)", "layout NAME".
[[nodiscard]] std::string entry_text(const catalogue::register_entry& entry);
[[nodiscard]] std::string entry_text(const catalogue::layout_entry& entry);
[[nodiscard]] std::string entry_text(const catalogue::enumeration_entry& entry);

/// Words for a comment: one line that cannot go on in the next, and that reads in the order in which it is written.
[[nodiscard]] std::string comment_text(std::string_view words);

/// The contents of a string literal.
[[nodiscard]] std::string literal_text(std::string_view words);

}  // namespace msr::compiler
