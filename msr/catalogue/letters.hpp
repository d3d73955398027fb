// Letters as the catalogue compares them: ASCII, whatever the locale, because names and titles are written in it.
#pragma once

namespace msr::catalogue {

[[nodiscard]] constexpr char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

}  // namespace msr::catalogue
