// For tests: a folder that looks like a system's /dev/cpu, /sys and /proc. Its registers are the bytes of sparse files,
// at the same offsets as the driver's; addresses must be 8 apart, or they overlap.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "msr/host/files.hpp"

namespace msr::host {

class fake_system {
  public:
    fake_system() {
        std::string name = (std::filesystem::temp_directory_path() / "msrkit-test-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    fake_system(const fake_system&) = delete;
    fake_system& operator=(const fake_system&) = delete;
    ~fake_system() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }

    void write_text(const std::filesystem::path& path, std::string_view text) const {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream{root_ / path} << text;
    }

    void set_cpus(std::string_view online, std::string_view present) const {
        write_text("sys/devices/system/cpu/online", std::string{online} + "\n");
        write_text("sys/devices/system/cpu/present", std::string{present} + "\n");
    }

    [[nodiscard]] std::filesystem::path device(std::uint32_t cpu) const {
        return root_ / "dev/cpu" / std::to_string(cpu) / "msr";
    }

    void set_register(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) const {
        std::filesystem::create_directories(device(cpu).parent_path());
        const descriptor file{::open(device(cpu).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
        // Long enough for every address: a register that nobody set reads as 0.
        constexpr off_t size = (off_t{1} << 32) + 8;
        if (::ftruncate(file.get(), size) != 0 || ::pwrite(file.get(), &value, sizeof value, address) < 0) std::abort();
    }

    /// A CPU whose registers all refuse: unmapped memory answers with the driver's EIO.
    void refuse_all(std::uint32_t cpu) const {
        std::filesystem::create_directories(device(cpu).parent_path());
        std::filesystem::create_symlink("/proc/self/mem", device(cpu));
    }

  private:
    std::filesystem::path root_;
};

}  // namespace msr::host
