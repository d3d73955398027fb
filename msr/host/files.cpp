#include "msr/host/files.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace msr::host {
bool write_all(int file, std::string_view content) {
    while (!content.empty()) {
        const auto written = ::write(file, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void sync_folder(const std::filesystem::path& folder) {
    const descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (opened) ::fsync(opened.get());
}

std::string describe_errno(int number) {
    return std::generic_category().message(number);
}

std::expected<std::string, int> read_file(const std::filesystem::path& path, std::size_t limit) {
    const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return std::unexpected{errno};
    std::string content;
    std::array<char, 16384> block{};
    for (;;) {
        const auto count = ::read(file.get(), block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected{errno};
        if (count == 0) return content;
        content.append(block.data(), static_cast<std::size_t>(count));
        if (content.size() > limit) return std::unexpected{EFBIG};
    }
}

outcome<void> replace_file(const std::filesystem::path& path, std::string_view content) {
    const auto failed = [&](int number) {
        return std::unexpected{error{error_kind::system_failed, "cannot write " + path.string(), describe_errno(number),
                                     "check the folder's permissions and free space"}};
    };
    // A rename would put a file in the place of a device or a folder.
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        return std::unexpected{error{error_kind::bad_input, "cannot write " + path.string(),
                                     "it exists and is not a regular file", "name another file"}};
    }
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    std::string temporary = (folder / ("." + path.filename().string() + ".XXXXXX")).string();
    const descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
    if (!file) return failed(errno);
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
        const int number = errno;
        ::unlink(temporary.c_str());
        return failed(number);
    }
    sync_folder(folder);
    return {};
}

}  // namespace msr::host
