// A guest's image: what is accepted lies in the guest's memory, apart, and holds the entry.
#include <cstdint>
#include <span>

#include "tools/msr/guest/image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint64_t memory_end = 16 << 20;
    if (size == 0) return 0;
    const auto file = std::as_bytes(std::span{data + 1, size - 1});
    const bool flat = data[0] % 8 == 1;
    const auto image =
        flat ? tool::read_image(file, memory_end, std::uint64_t{data[0]} << 16U) : tool::read_image(file, memory_end);
    if (!image) {
        if (image.error().what.empty()) __builtin_trap();
        return 0;
    }
    std::uint64_t free_from = 0;
    bool has_entry = false;
    for (const auto& part : image->parts) {
        if (part.address < free_from || part.size > memory_end || part.address > memory_end - part.size)
            __builtin_trap();
        if (part.bytes.size() > part.size) __builtin_trap();
        for (const auto byte : {part.bytes.begin(), part.bytes.end() - (part.bytes.empty() ? 0 : 1)}) {
            if (!part.bytes.empty() && (&*byte < file.data() || &*byte >= file.data() + file.size())) __builtin_trap();
        }
        free_from = part.end();
        has_entry = has_entry || part.contains(image->entry);
    }
    if (!has_entry) __builtin_trap();
    return 0;
}
