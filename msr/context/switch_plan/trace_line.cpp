#include "msr/context/switch_plan/trace_line.hpp"

namespace msr::context {

namespace {

// Text that is put together in storage of the caller's.
class line_writer {
  public:
    explicit line_writer(profile::buffer<char> storage) : storage_{storage} {}

    line_writer& add(text words) {
        for (const auto letter : words)
            add(letter);
        return *this;
    }
    line_writer& add(char letter) {
        if (count_ < storage_.room) storage_.first[count_] = letter;
        ++count_;
        return *this;
    }
    line_writer& add_number(std::uint64_t value, unsigned base) {
        char digits[20];
        std::size_t at = sizeof digits;
        do {
            digits[--at] = "0123456789abcdef"[value % base];
            value /= base;
        } while (value != 0);
        return add(text{digits + at, sizeof digits - at});
    }

    [[nodiscard]] text line() const { return count_ > storage_.room ? text{} : text{storage_.first, count_}; }

  private:
    profile::buffer<char> storage_;
    std::size_t count_ = 0;
};

}  // namespace

text trace_line(profile::buffer<char> storage, std::uint32_t cpu, text event, text who,
                view<profile::known_register> registers) {
    line_writer to{storage};
    to.add_number(cpu, 10).add(' ').add(event);
    if (!who.empty()) to.add(' ').add(who);
    for (const auto& [address, value] : registers)
        to.add(" 0x").add_number(address, 16).add("=0x").add_number(value, 16);
    return to.add('\n').line();
}

}  // namespace msr::context
