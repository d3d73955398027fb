// Machine check: the banks, and every error that one of them holds.

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"

namespace tool::report {

namespace {

// AMD's scalable banks have registers of their own, with more in them than the old addresses show.
struct bank_names {
    const char* status;
    const char* code;
    const char* address_register;
};

constexpr bank_names classic{"IA32_MCi_STATUS", "MCACOD", "IA32_MCi_ADDR"};
constexpr bank_names scalable{"MCA_STATUS", "ERRORCODE", "MCA_ADDR"};

std::string severity(const register_view& status) {
    if (status.is_set("PCC")) return "an uncorrected error that corrupted the CPU's state";
    if (status.is_set("UC")) return "an uncorrected error";
    return "a corrected error";
}

row error_row(const cpu_values& cpu, const bank_names& bank, std::uint32_t number, const register_view& status) {
    row result{.label = fmt::format("bank {}", number),
               .text = fmt::format("{}: {}", severity(status), status.title(bank.code)),
               .says = {status.says("VAL"), status.says("UC"), status.says("PCC"), status.says_hex(bank.code)},
               .finding = true};
    const auto where = cpu.at(bank.address_register, number);
    if (status.is_set("ADDRV") && where) result.text += fmt::format(", at {:#x}", where.raw());
    if (status.is_set("OVER")) {
        result.text += "; more errors were lost";
        result.says.push_back(status.says("OVER"));
    }
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
