#include "tools/msr/profile_text.hpp"

#include <set>

#include <fmt/format.h>

#include "msr/catalogue/bits.hpp"
#include "msr/catalogue/load/cpuid_name.hpp"
#include "tools/msr/cpu_name.hpp"

namespace tool {

namespace {

constexpr std::size_t page_width = 120;

// A description, and what the catalogue makes of it.
struct known_cpu {
    const cpu_description& cpu;
    const catalogue::tables& facts;
    profile::profile meaning{facts, cpu.cpuid, cpu.registers};

    // Those that CPUID gives; where it says nothing, the catalogue has a fallback.
    [[nodiscard]] std::vector<std::size_t> quantities() const {
        std::vector<std::size_t> result;
        for (std::size_t at = 0; at < facts.quantities.size(); ++at) {
            const auto& where = facts.quantities[at].where;
            const auto answer = msr::profile::find(cpu.cpuid, where.leaf, where.subleaf);
            if (catalogue::extract(answer.*catalogue::member_of(where.reg), where.msb, where.lsb) != 0)
                result.push_back(at);
        }
        return result;
    }

    [[nodiscard]] std::vector<std::string> features(bool derived) const {
        std::vector<std::string> result;
        for (std::size_t at = 0; at < facts.features.size(); ++at) {
            const auto& one = facts.features[at];
            if (one.condition.empty() != derived && meaning.feature(static_cast<std::uint32_t>(at)))
                result.push_back(str(one.name));
        }
        return result;
    }

    // By the name that stands for this address alone, else by the address.
    [[nodiscard]] std::string name_of(std::uint32_t address) const {
        const auto here = catalogue::at_address(facts, address);
        const auto* const one = on_cpu(here, meaning);
        if (one == nullptr && here.empty()) return hex(address);
        const auto& entry = one != nullptr ? *one : here.front();
        auto name = catalogue::name_of(*entry.entry, entry.member);
        const auto back = catalogue::find_by_name(facts, name);
        if (!back) return hex(address);
        for (const auto& target : *back) {
            if (target.address() != address) return hex(address);
        }
        return name;
    }

    [[nodiscard]] std::string version() const {
        return fmt::format("family {:#x}, model {:#x}, stepping {}", meaning.family(), meaning.model(),
                           meaning.stepping());
    }
};

// Words in lines of the page's width, each after `indent`; the first after `heading`.
std::string wrapped(std::string_view heading, std::string_view indent, const std::vector<std::string>& words) {
    std::string result;
    std::string line{heading};
    for (const auto& word : words) {
        const auto comma = &word == &words.back() ? "" : ",";
        if (line.size() + word.size() + 2 > page_width) {
            result += line + "\n";
            line = indent;
        }
        line += " " + word + comma;
    }
    return result + line + "\n";
}

std::string row(std::string_view what, const std::string& says) {
    return says.empty() ? std::string{} : fmt::format("  {:<12} {}\n", what, says);
}

std::string list_row(std::string_view what, const std::vector<std::string>& words) {
    if (words.empty()) return {};
    return wrapped(fmt::format("  {:<12}", what), fmt::format("  {:<12}", ""), words);
}

std::vector<std::string> quantity_words(const known_cpu& known) {
    std::vector<std::string> result;
    for (const auto at : known.quantities())
        result.push_back(fmt::format("{} {}", std::string_view{known.facts.quantities[at].name},
                                     known.meaning.quantity(static_cast<std::uint32_t>(at))));
    return result;
}

// In double quotes, as YAML reads it back.
std::string in_quotes(std::string_view words) {
    std::string result = "\"";
    for (const char letter : words) {
        if (letter == '"' || letter == '\\') result += '\\';
        result += static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
    }
    return result + '"';
}

}  // namespace

std::string profile_page(const cpu_description& cpu, const catalogue::tables& facts) {
    const known_cpu known{cpu, facts};
    const auto* const processor = processor_of(known.meaning);
    const auto vendor = str(known.meaning.vendor_name());
    std::string page = fmt::format("{}  {}\n", cpu.name, cpu.title);
    page +=
        row("vendor", (vendor.empty() ? "unknown to the catalogue: " : vendor + ", ") + signature_of(known.meaning));
    page += row("processor", (processor != nullptr ? str(processor->title) + ": " : "") + known.version());
    page += row("brand", brand_of(known.meaning));
    page += list_row("quantities", quantity_words(known));
    page += list_row("features", known.features(false));
    page += list_row("follows", known.features(true));
    std::string_view heading = "registers";
    for (const auto& one : cpu.registers) {
        page += row(heading, fmt::format("{:34} {:#x}", known.name_of(one.address), one.value));
        heading = "";
    }
    heading = "source";
    for (const auto& one : cpu.sources) {
        page += row(heading, one);
        heading = "";
    }
    return page;
}

std::string profile_yaml(const cpu_description& cpu, const catalogue::tables& facts) {
    const known_cpu known{cpu, facts};
    auto text = fmt::format("profile: {}\ntitle: {}\n", cpu.name, in_quotes(cpu.title));
    if (const auto vendor = str(known.meaning.vendor_name()); !vendor.empty()) {
        text += fmt::format("vendor: {}\nfamily: {:#x}\nmodel: {:#x}\nstepping: {}\n", vendor, known.meaning.family(),
                            known.meaning.model(), known.meaning.stepping());
    }
    text += wrapped("# quantities:", "#", quantity_words(known));
    text += wrapped("# features:", "#", known.features(false));
    text += "cpuid:  # eax, ebx, ecx, edx\n";
    for (const auto& one : cpu.cpuid) {
        const auto& [eax, ebx, ecx, edx] = one.answer;
        text += fmt::format("  {:<14} [0x{:08X}, 0x{:08X}, 0x{:08X}, 0x{:08X}]\n",
                            catalogue::load::leaf_name(one.leaf, one.subleaf) + ":", eax, ebx, ecx, edx);
    }
    if (!cpu.registers.empty()) text += "registers:\n";
    for (const auto& one : cpu.registers)
        text += fmt::format("  {}: {:#x}\n", known.name_of(one.address), one.value);
    if (!cpu.sources.empty()) text += "source:\n";
    for (const auto& one : cpu.sources)
        text += "  - " + in_quotes(one) + "\n";
    return text;
}

json profile_json(const cpu_description& cpu, const catalogue::tables& facts) {
    const known_cpu known{cpu, facts};
    const auto* const processor = processor_of(known.meaning);
    json result{{"name", cpu.name},
                {"title", cpu.title},
                {"vendor", str(known.meaning.vendor_name())},
                {"signature", signature_of(known.meaning)},
                {"family", known.meaning.family()},
                {"model", known.meaning.model()},
                {"stepping", known.meaning.stepping()},
                {"processor", processor != nullptr ? str(processor->name) : ""},
                {"brand", brand_of(known.meaning)},
                {"quantities", json::object()},
                {"features", known.features(false)},
                {"derived_features", known.features(true)},
                {"registers", json::array()},
                {"cpuid", json::array()},
                {"sources", cpu.sources}};
    for (const auto at : known.quantities())
        result["quantities"][str(facts.quantities[at].name)] = known.meaning.quantity(static_cast<std::uint32_t>(at));
    for (const auto& one : cpu.registers)
        result["registers"].push_back(
            {{"name", known.name_of(one.address)}, {"address", hex(one.address)}, {"value", hex(one.value)}});
    for (const auto& one : cpu.cpuid) {
        result["cpuid"].push_back({{"leaf", hex(one.leaf)},
                                   {"subleaf", hex(one.subleaf)},
                                   {"eax", hex(one.answer.eax)},
                                   {"ebx", hex(one.answer.ebx)},
                                   {"ecx", hex(one.answer.ecx)},
                                   {"edx", hex(one.answer.edx)}});
    }
    return result;
}

}  // namespace tool
