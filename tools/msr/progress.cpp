#include "tools/msr/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace tool {

msr::host::progress show_progress(std::string_view what) {
    if (isatty(STDERR_FILENO) == 0) return {};
    return [what](std::size_t done, std::size_t total) {
        if (total == 0) return;
        if (done == total) {
            fmt::print(stderr, "\r\033[K");
        } else {
            fmt::print(stderr, "\r{} {}%", what, done * 100 / total);
        }
    };
}

}  // namespace tool
