// What the image says: lines of the Test Anything Protocol, on port E9H and the first serial port. Freestanding.
#pragma once

#include <concepts>
#include <cstdint>

#include "msr/core/view.hpp"

namespace msr::ring0 {

/// To be written in hexadecimal.
struct hex {
    std::uint64_t value;
};

/// One line. What does not fit is cut off, and "..." says so.
class line {
  public:
    static constexpr std::size_t room = 400;

    line& operator<<(text words);
    line& operator<<(hex number);
    line& operator<<(std::unsigned_integral auto number) { return decimal(number); }
    void send();

  private:
    line& decimal(std::uint64_t number);
    void put(char letter);

    char text_[room + 4];  // and "...\n"
    std::size_t length_ = 0;
};

namespace detail {
line begin(bool holds);
}  // namespace detail

/// "ok 12 - …" or "not ok 12 - …". Words are literals, numbers, hex{…}.
template <class... Words>
bool check(bool holds, const Words&... words) {
    auto said = detail::begin(holds);
    (said << ... << words).send();
    return holds;
}

/// "# …": for the reader.
template <class... Words>
void note(const Words&... words) {
    line said;
    said << text{"# "};
    (said << ... << words).send();
}

/// "ok 12 - what # SKIP why": what this machine cannot show.
template <class... Words>
void skip(text what, const Words&... why) {
    auto said = detail::begin(true);
    said << what << text{" # SKIP "};
    (said << ... << why).send();
}

/// The end: the plan, and the emulator's exit.
[[noreturn]] void finish();

/// The end before the end: "Bail out! …".
[[noreturn]] void leave_failed();
template <class... Words>
[[noreturn]] void bail_out(const Words&... words) {
    line said;
    said << text{"Bail out! "};
    (said << ... << words).send();
    leave_failed();
}

}  // namespace msr::ring0
