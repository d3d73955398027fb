#include "tools/msr/user_bases.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace tool {

namespace context = msr::context;

namespace {

template <class Number>
bool parse_base_number(std::string_view word, Number& into) {
    const bool hexadecimal = word.starts_with("0x");
    if (hexadecimal) word.remove_prefix(2);
    const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), into, hexadecimal ? 16 : 10);
    return !word.empty() && status == std::errc{} && end == word.data() + word.size();
}

}  // namespace

host::outcome<context::user_bases> parse_user_bases(std::string_view text, unsigned linear_width) {
    context::user_bases result;
    bool has_fs = false;
    bool has_gs = false;
    const auto wrong = [&](std::string why) {
        return host::bad_input(fmt::format("`{}` is no task", text), std::move(why),
                               "as fs=0:0x7f0000001000,gs=0x33:0");
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        const auto part = text.substr(at, end - at);
        at = end + 1;
        const auto colon = part.find(':');
        if (!(part.starts_with("fs=") || part.starts_with("gs=")) || colon == std::string_view::npos)
            return wrong(fmt::format("`{}` is neither fs=SELECTOR:BASE nor gs=SELECTOR:BASE", part));
        if (std::exchange(part.front() == 'f' ? has_fs : has_gs, true))
            return wrong(fmt::format("`{}` is there twice", part.substr(0, 2)));
        auto& selector = part.front() == 'f' ? result.fs : result.gs;
        auto& base = part.front() == 'f' ? result.fs_base : result.gs_base;
        if (!parse_base_number(part.substr(3, colon - 3), selector))
            return wrong(fmt::format("the selector in `{}` is no number of 16 bits", part));
        if (!parse_base_number(part.substr(colon + 1), base))
            return wrong(fmt::format("the base in `{}` is no number of 64 bits", part));
        if (base >> (linear_width - 1) != 0) return wrong(fmt::format("{:#x} is no address of user mode", base));
    }
    return result;
}

}  // namespace tool
