// A recording of a machine's registers and CPUID, and the file that holds it: format "msrkit-snapshot", version 1.
//
// The file is JSON, one register or CPUID leaf a line, in ascending order, so that line tools compare two of them:
//
//   {"format": "msrkit-snapshot", "version": 1,
//   "taken": "2025-03-01T12:00:00Z", "host": "name", "kernel": "6.1.0",
//   "source": "linux", "description": "…", "tool": "msr 0.1",
//   "cpus": "0-1",
//   "cpuid": [
//   ["00000000", "00000000", "eax", "ebx", "ecx", "edx"],       leaf, sub-leaf: the same on all CPUs
//   ],
//   "cpuid_of_cpu": [
//   [0, "0000000b", "00000000", "eax", "ebx", "ecx", "edx"],    those of one CPU
//   ],
//   "registers": [
//   ["c0000080", "0xd01"],                                      the same on all CPUs
//   ["00000010", "0x1a2b", "0x1a2c"],                           one for each CPU
//   ["00000123", "refused"]                                     a fault's cause instead of a value
//   ],
//   "crc32": "0123abcd"}                                        of all bytes before this line
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "msr/host/machine.hpp"

namespace msr::host {

inline constexpr int snapshot_version = 1;

/// What a reader accepts at most: a hostile file is refused before it fills the memory.
struct snapshot_limits {
    static constexpr std::size_t bytes = std::size_t{64} << 20;
    static constexpr std::size_t values = std::size_t{16} << 20;  // registers times CPUs
    static constexpr std::size_t leaves = std::size_t{1} << 20;   // CPUID leaves times CPUs
};

struct snapshot {
    host::identity origin;
    std::map<std::uint32_t, std::vector<profile::cpuid_leaf>> cpuid;  // by CPU; sorted by leaf and sub-leaf
    readings registers;                                               // CPUs and addresses ascending
};

/// Records these registers of these CPUs (in any order), and their CPUID. `tool` names the program: "msr 0.1".
[[nodiscard]] snapshot take_snapshot(machine& from, std::span<const std::uint32_t> cpus,
                                     std::span<const std::uint32_t> addresses, std::string_view tool,
                                     const progress& report = {});

/// The file's text.
[[nodiscard]] std::string write_snapshot(const snapshot& recorded);

/// The whole recording, or an error (bad_input) with the place, a line or a key: damaged, truncated, foreign, newer.
/// `name` stands for the text in errors.
[[nodiscard]] outcome<snapshot> read_snapshot(std::string_view text, std::string_view name);

/// As above, of a file. Saving replaces an old file in one step.
[[nodiscard]] outcome<void> save_snapshot(const snapshot& recorded, const std::filesystem::path& path);
[[nodiscard]] outcome<snapshot> load_snapshot(const std::filesystem::path& path);

}  // namespace msr::host
