#include "tools/msr/cpu_name.hpp"

namespace tool {

namespace {

constexpr std::uint32_t signature_leaf = 0;
constexpr std::uint32_t first_brand_leaf = 0x80000002;
constexpr std::uint32_t brand_leaves = 3;

void append(std::string& text, std::uint32_t word) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const auto letter = static_cast<char>(word >> shift & 0xFFU);
        if (letter >= ' ' && letter <= '~') text += letter;
    }
}

}  // namespace

std::string signature_of(const msr::profile::profile& cpu) {
    const auto answer = msr::profile::find(cpu.cpuid(), signature_leaf, 0);
    std::string text;
    for (const auto word : {answer.ebx, answer.edx, answer.ecx})
        append(text, word);
    return text;
}

std::string brand_of(const msr::profile::profile& cpu) {
    std::string text;
    for (std::uint32_t leaf = 0; leaf < brand_leaves; ++leaf) {
        const auto answer = msr::profile::find(cpu.cpuid(), first_brand_leaf + leaf, 0);
        for (const auto word : {answer.eax, answer.ebx, answer.ecx, answer.edx})
            append(text, word);
    }
    const auto begin = text.find_first_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

const msr::catalogue::processor_entry* processor_of(const msr::profile::profile& cpu) {
    const auto& all = cpu.facts().processors;
    for (std::uint32_t index = 0; index < all.size(); ++index) {
        if (!all[index].group && cpu.processors(index)) return &all[index];
    }
    return nullptr;
}

}  // namespace tool
