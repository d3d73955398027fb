#include "lab/oracle/image_file.hpp"

#include <algorithm>

extern "C" {
// NOLINTBEGIN(cppcoreguidelines-avoid-c-arrays): symbols of image_bytes.S
extern const std::byte oracle_image_bytes[];
extern const std::byte oracle_image_bytes_end[];
extern const std::byte oracle_reset_bytes[];
extern const std::byte oracle_reset_bytes_end[];
// NOLINTEND(cppcoreguidelines-avoid-c-arrays)
}

namespace msr::oracle {
namespace {

constexpr std::uint64_t four_gigabytes = std::uint64_t{1} << 32;

std::span<const std::byte> reset_bytes() {
    return {&oracle_reset_bytes[0], &oracle_reset_bytes_end[0]};
}

}  // namespace

std::span<const std::byte> image_bytes() {
    return {&oracle_image_bytes[0], &oracle_image_bytes_end[0]};
}

const image_header& header() {
    return *reinterpret_cast<const image_header*>(image_bytes().data());
}

loaded_image::loaded_image(std::span<std::byte> image, std::span<std::byte> table)
    : mailbox_{reinterpret_cast<oracle::mailbox*>(&image[header().mailbox - header().load_address])},
      table_{reinterpret_cast<exchange*>(table.data()), table.size() / sizeof(exchange)} {
    std::ranges::copy(image_bytes(), image.begin());
}

rom::rom()
    : bytes_(four_gigabytes - header().rom_start),
      image_{bytes_, std::span{bytes_}.subspan(image_bytes().size(),
                                               bytes_.size() - image_bytes().size() - reset_bytes().size())} {
    std::ranges::copy(reset_bytes(), bytes_.end() - static_cast<std::ptrdiff_t>(reset_bytes().size()));
}

}  // namespace msr::oracle
