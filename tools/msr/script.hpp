// The language of msr emulate: one operation a line.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "msr/profile/processor_state.hpp"

namespace tool::script {

enum class verb : std::uint8_t { read, write, host_read, host_write, set, reset };

struct operation {
    verb what = verb::reset;
    std::string name;         // of a register
    std::size_t column = 0;   // where that stands, from 1
    std::uint64_t value = 0;  // to be written, or of the state
    const msr::profile::state_name* state = nullptr;

    /// As it is written: "host-read".
    [[nodiscard]] std::string_view word() const;
    [[nodiscard]] bool writes() const { return what == verb::write || what == verb::host_write; }
    [[nodiscard]] bool by_host() const { return what == verb::host_read || what == verb::host_write; }
};

struct mistake {
    std::size_t column = 1;
    std::string what;
};

/// One line: nothing for a blank one or a comment.
[[nodiscard]] std::expected<std::optional<operation>, mistake> parse(std::string_view line);

}  // namespace tool::script
