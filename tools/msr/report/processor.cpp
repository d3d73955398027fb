// The CPU itself: who made it, what it is called, which microcode it runs.

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"

namespace tool::report {

namespace {

constexpr std::uint32_t vendor_leaf = 0;
constexpr std::uint32_t first_brand_leaf = 0x80000002;
constexpr std::uint32_t brand_leaves = 3;

void append(std::string& text, std::uint32_t word) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const auto letter = static_cast<char>(word >> shift & 0xFFU);
        if (letter != '\0') text += letter;
    }
}

std::string vendor(const profile::profile& cpu) {
    const auto answer = msr::profile::find(cpu.cpuid(), vendor_leaf, 0);
    std::string text;
    for (const auto word : {answer.ebx, answer.edx, answer.ecx})
        append(text, word);
    return text;
}

std::string brand(const profile::profile& cpu) {
    std::string text;
    for (std::uint32_t leaf = 0; leaf < brand_leaves; ++leaf) {
        const auto answer = msr::profile::find(cpu.cpuid(), first_brand_leaf + leaf, 0);
        for (const auto word : {answer.eax, answer.ebx, answer.ecx, answer.edx})
            append(text, word);
    }
    const auto begin = text.find_first_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string microarchitecture(const profile::profile& cpu) {
    const auto& all = cpu.facts().processors;
    for (std::uint32_t index = 0; index < all.size(); ++index) {
        if (!all[index].group && cpu.processors(index)) return str(all[index].title);
    }
    return "";
}

void add_microcode(section& to, const cpu_values& cpu) {
    const auto revision = cpu.at("IA32_BIOS_SIGN_ID");
    if (!revision.exists()) return;
    if (!revision) {
        to.rows.push_back({.label = "microcode", .text = "not known: " + revision.why_not()});
        return;
    }
    const auto* const field = revision.has("PATCH_LEVEL") ? "PATCH_LEVEL" : "MICROCODE_UPDATE_SIGNATURE";
    to.rows.push_back({.label = "microcode",
                       .text = fmt::format("revision {:#x}", revision.get(field)),
                       .says = {revision.says_hex(field)}});
}

}  // namespace

section processor(const cpu_values& cpu, const surroundings& /*where*/) {
    section result{"processor", "Processor"};
    const auto& on = cpu.cpu();
    auto text = fmt::format("{} family {} model {} stepping {}", vendor(on), on.family(), on.model(), on.stepping());
    if (const auto name = brand(on); !name.empty()) text = name + ": " + text;
    if (const auto name = microarchitecture(on); !name.empty()) text += ", " + name;
    result.rows.push_back({.label = "CPU", .text = std::move(text)});
    add_microcode(result, cpu);
    if (cpu.has("hypervisor")) {
        result.rows.push_back({.label = "hypervisor",
                               .text = "one is below: registers are what it shows",
                               .says = {cpu.feature("hypervisor")}});
    }
    return result;
}

}  // namespace tool::report
