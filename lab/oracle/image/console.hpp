// Text through the console port, for emulators that hand it on. A line of ours starts with '@': theirs do not.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/image/ports.hpp"

namespace msr::oracle {

/// A line of words: a name, then hexadecimal numbers.
class line {
  public:
    template <std::size_t N>
    explicit line(const char (&name)[N]) {
        add("\n@");
        add(name);
    }

    line& number(std::uint64_t value) {
        text_[length_++] = ' ';
        unsigned digits = 1;
        while (digits < 16 && value >> (4 * digits) != 0)
            ++digits;
        while (digits-- != 0)
            text_[length_++] = "0123456789abcdef"[value >> (4 * digits) & 0xF];
        return *this;
    }

    void send() {
        text_[length_++] = '\n';
        lab::out(lab::console_port, text_, length_);
    }

  private:
    template <std::size_t N>
    void add(const char (&name)[N]) {
        for (std::size_t at = 0; at + 1 < N; ++at)
            text_[length_++] = name[at];
    }

    char text_[160];
    std::size_t length_ = 0;
};

}  // namespace msr::oracle
