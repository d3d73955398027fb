// An error that a person can act on: what failed, why, and what to do about it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace msr::host {

/// What sort of failure it is; the tool's exit codes follow it.
enum class error_kind : std::uint8_t {
    bad_input,      // a list, a file or a name that makes no sense
    no_access,      // a device is absent, or not ours to open
    not_possible,   // this machine or kernel cannot do it
    refused,        // the register itself refused
    limit_reached,  // a limit was hit before there was an answer
    system_failed,  // the operating system failed otherwise: a full disk, say
};

struct error {
    error_kind kind = error_kind::system_failed;
    std::string what;    // "cannot open /dev/cpu/0/msr"
    std::string why;     // "the msr driver is not loaded"
    std::string remedy;  // "run: modprobe msr"; may be empty

    /// All of it in one line: "what: why; remedy".
    [[nodiscard]] std::string line() const {
        std::string text = what;
        if (!why.empty()) text += ": " + why;
        if (!remedy.empty()) text += "; " + remedy;
        return text;
    }
};

/// A value, or an error for a person. (msr::result holds the fault of one access.)
template <class T>
using outcome = std::expected<T, error>;

/// What a person wrote and cannot be meant so.
[[nodiscard]] inline std::unexpected<error> bad_input(std::string what, std::string why = {}, std::string remedy = {}) {
    return std::unexpected{error{error_kind::bad_input, std::move(what), std::move(why), std::move(remedy)}};
}

}  // namespace msr::host
