#include "compiler/audit/normal_name.hpp"

#include <algorithm>
#include <cctype>

namespace msr::audit {

namespace {

// What only says that it is an MSR: Intel's own prefixes, and projects'. (HV_ alone is also before what is none.)
constexpr std::string_view neutral[] = {"MSR_", "IA32_", "KIA32", "BX_", "HV_X64_MSR_", "HV_MSR_"};

// Words for bits that have no meaning, without what stands between them.
constexpr std::string_view reserved_words[] = {"RESERVED", "RSVD", "RESV", "NOTUSED", "MUSTBEZERO", "UNDOCUMENTED"};

// Whose register it is: AMD's generations as Linux writes them, and processors as EDK2 does. Longer ones first.
constexpr std::string_view owners[] = {
    "AMD64_",         "AMD_",      "K6_",           "K7_",         "K8_",         "F10_",       "FAM10H_", "FAM15H_",
    "F15H_",          "F16H_",     "F17H_",         "IDT_",        "ATOM_",       "BROADWELL_", "CORE2_",  "CORE_",
    "GOLDMONT_PLUS_", "GOLDMONT_", "HASWELL_E_",    "HASWELL_",    "IVY_BRIDGE_", "NEHALEM_",   "P6_",     "PENTIUM_4_",
    "PENTIUM_M_",     "PENTIUM_",  "SANDY_BRIDGE_", "SILVERMONT_", "SKYLAKE_",    "XEON_5600_", "XEON_D_", "XEON_E7_",
    "XEON_PHI_",
};

template <class Prefixes>
bool drop_prefix(std::string& name, const Prefixes& prefixes) {
    for (const auto prefix : prefixes) {
        if (name.size() > prefix.size() && name.starts_with(prefix)) {
            name.erase(0, prefix.size());
            return true;
        }
    }
    return false;
}

std::string capitals(std::string_view name) {
    if (name.ends_with("_t")) name.remove_suffix(2);  // a type of C
    std::string result{name};
    std::ranges::transform(result, result.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    return result;
}

std::string bare_core(std::string_view name) {
    auto result = capitals(name);
    while (drop_prefix(result, neutral) || drop_prefix(result, owners)) {
    }
    return result;
}

std::string letters_and_digits(std::string name) {
    std::erase_if(name, [](unsigned char letter) { return std::isalnum(letter) == 0; });
    return name;
}

}  // namespace

std::string core_name(std::string_view name) {
    auto result = capitals(name);
    while (drop_prefix(result, neutral)) {
    }
    return result;
}

std::string bare_name(std::string_view name) {
    return letters_and_digits(bare_core(name));
}

std::string exact_name(std::string_view name) {
    return letters_and_digits(core_name(name));
}

bool means_reserved(std::string_view field) {
    const auto name = letters_and_digits(capitals(field));
    return std::ranges::any_of(reserved_words,
                               [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::vector<std::string> words_of(std::string_view name) {
    const auto core = bare_core(name);
    std::vector<std::string> result;
    for (std::size_t from = 0; from <= core.size();) {
        const auto end = std::min(core.find('_', from), core.size());
        if (end > from) result.push_back(core.substr(from, end - from));
        from = end + 1;
    }
    return result;
}

}  // namespace msr::audit
