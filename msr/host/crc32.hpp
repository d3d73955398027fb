// CRC-32 as in IEEE 802.3 and zlib: it finds damage, not malice.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace msr::host {

[[nodiscard]] constexpr std::uint32_t crc32(std::string_view bytes) {
    constexpr auto table = [] {
        std::array<std::uint32_t, 256> remainders{};
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            auto rest = byte;
            for (int bit = 0; bit < 8; ++bit) {
                rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xEDB88320U : 0);
            }
            remainders[byte] = rest;
        }
        return remainders;
    }();
    std::uint32_t rest = ~0U;
    for (const char one : bytes) {
        rest = (rest >> 8) ^ table[(rest ^ static_cast<std::uint8_t>(one)) & 0xFF];
    }
    return ~rest;
}

}  // namespace msr::host
