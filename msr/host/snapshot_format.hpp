// The words of the snapshot file that its writer and its reader share. Not for others.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "msr/core/fault.hpp"
#include "msr/host/crc32.hpp"
#include "msr/host/machine.hpp"

namespace msr::host::snapshot_format {

inline constexpr std::string_view first_line = R"({"format": "msrkit-snapshot", "version": )";
inline constexpr std::string_view last_line = R"("crc32": ")";
inline constexpr std::size_t last_line_size = last_line.size() + std::string_view{"01234567\"}\n"}.size();

inline constexpr std::array causes{
    std::pair{cause::refused, std::string_view{"refused"}},
    std::pair{cause::not_recorded, std::string_view{"not_recorded"}},
    std::pair{cause::not_permitted, std::string_view{"not_permitted"}},
    std::pair{cause::cpu_offline, std::string_view{"cpu_offline"}},
    std::pair{cause::no_such_member, std::string_view{"no_such_member"}},
    std::pair{cause::device_failed, std::string_view{"device_failed"}},
};

inline constexpr std::array sources{source::linux_device, source::kvm, source::snapshot};

[[nodiscard]] inline std::string end_of(std::string_view content) {
    return fmt::format("{}{:08x}\"}}\n", last_line, crc32(content));
}

}  // namespace msr::host::snapshot_format
