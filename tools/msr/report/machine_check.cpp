// Machine check: the banks, and every error that one of them holds.

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"
#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

// AMD's scalable banks have registers of their own, with more in them than the old addresses show.
struct bank_names {
    const char* status;
    const char* code;
};

constexpr bank_names classic{"IA32_MCi_STATUS", "MCACOD"};
constexpr bank_names scalable{"MCA_STATUS", "ERRORCODE"};

row error_row(const cpu_values& cpu, const bank_names& bank, std::uint32_t number, const register_view& status) {
    row result{.label = fmt::format("bank {}", number),
               .text = error_in_words(status, bank.code, number, cpu),
               .says = {status.says("VAL"), status.says("UC"), status.says("PCC"), status.says_hex(bank.code)},
               .finding = true};
    if (status.is_set("OVER")) result.says.push_back(status.says("OVER"));
    return result;
}

row capabilities_row(const register_view& cap) {
    static constexpr std::pair<const char*, const char*> abilities[]{
        {"MCG_CMCI_P", "corrected errors interrupt"},
        {"MCG_SER_P", "software can recover from some errors"},
        {"MCG_LMCE_P", "exceptions can stay local"}};
    row result{.label = "banks", .text = fmt::format("{}", cap.get("COUNT")), .says = {cap.says("COUNT")}};
    for (const auto& [field, words] : abilities) {
        if (!cap.is_set(field)) continue;
        result.text += fmt::format("; {}", words);
        result.says.push_back(cap.says(field));
    }
    return result;
}

void add_banks(section& to, const cpu_values& cpu, std::uint32_t count) {
    const auto& bank = cpu.has("smca") ? scalable : classic;
    std::uint32_t read = 0;
    bool valid = false;
    for (std::uint32_t number = 0; number < count; ++number) {
        const auto status = cpu.at(bank.status, number);
        if (!status) continue;
        ++read;
        if (!status.is_set("VAL")) continue;
        valid = true;
        to.rows.push_back(error_row(cpu, bank, number, status));
    }
    if (valid || read == 0) return;
    to.rows.push_back(
        {.label = "errors",
         .text = read == count ? "no bank holds one" : fmt::format("none in the {} that could be read", read),
         .says = {{fmt::format("{}.VAL of each bank", bank.status), "", "0"}}});
}

}  // namespace

section machine_check(const cpu_values& cpu, const surroundings& /*where*/) {
    section result{"machine_check", "Machine check"};
    const auto cap = cpu.at("IA32_MCG_CAP");
    if (!cap.exists()) return result;
    if (!cap) {
        result.rows.push_back({.label = "banks", .text = "not known: IA32_MCG_CAP is " + cap.why_not()});
        return result;
    }
    result.rows.push_back(capabilities_row(cap));
    if (const auto status = cpu.at("IA32_MCG_STATUS"); status && status.is_set("MCIP")) {
        result.rows.push_back({.label = "in progress",
                               .text = "a machine check is being handled: one more shuts the machine down",
                               .says = {status.says("MCIP")},
                               .finding = true});
    }
    add_banks(result, cpu, static_cast<std::uint32_t>(cap.get("COUNT")));
    return result;
}

}  // namespace tool::report
