// Descriptors that close themselves, whole small files, and files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "msr/host/error.hpp"

namespace msr::host {

/// Owns one file descriptor; -1 stands for none.
class descriptor {
  public:
    descriptor() = default;
    explicit descriptor(int number) : number_{number} {}
    descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] explicit operator bool() const { return number_ >= 0; }

  private:
    int number_ = -1;
};

/// The text of an errno value ("Permission denied").
[[nodiscard]] std::string describe_errno(int number);

/// More than any file in /proc or /sys that describes a machine holds; in bytes.
inline constexpr std::size_t small_file = 65536;

/// The file's bytes, or the errno that stopped it; EFBIG where it holds more than `limit` bytes.
[[nodiscard]] std::expected<std::string, int> read_file(const std::filesystem::path& path, std::size_t limit);

/// All of it, also where the system takes it in parts; errno tells why not.
[[nodiscard]] bool write_all(int file, std::string_view content);

/// A file's name is durable only once its folder is.
void sync_folder(const std::filesystem::path& folder);

/// Replaces the file as one step: a reader sees the old bytes or the new ones, also after a power cut. The new file is
/// readable by its owner only, because register values give kernel addresses away.
[[nodiscard]] outcome<void> replace_file(const std::filesystem::path& path, std::string_view content);

}  // namespace msr::host
