// Speculation: what is switched on at this moment, what the CPU says it is not open to, and which commands it takes.

#include <array>

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"

namespace tool::report {

namespace {

struct control {
    std::string_view field;
    std::string_view on;
    std::string_view off;
};

// The controls that have a line of their own. None of them flushes anything: IBPB and VERW do.
constexpr std::array controls{
    control{"IBRS", "on: indirect branches here do not follow what less privileged code trained",
            "off at this moment: indirect branches are predicted without restriction"},
    control{"STIBP", "on: the sibling thread does not steer this thread's indirect branches",
            "off: sibling threads share indirect branch predictions"},
    control{"SSBD", "on: loads wait for the addresses of older stores", "off: loads may run ahead of older stores"},
};

constexpr std::array more_controls{"PSFD",        "BHI_DIS_S",   "RRSBA_DIS_S", "RRSBA_DIS_U",
                                   "IPRED_DIS_S", "IPRED_DIS_U", "DDPD_U"};

struct immunity {
    std::string_view name;  // a field of IA32_ARCH_CAPABILITIES, or a feature
    std::string_view words;
};

constexpr std::array immunities{
    immunity{"RDCL_NO", "Meltdown"},
    immunity{"SSB_NO", "speculative store bypass"},
    immunity{"MDS_NO", "MDS"},
    immunity{"IF_PSCHANGE_MC_NO", "page-size machine checks"},
    immunity{"TAA_NO", "TSX aborts"},
    immunity{"SBDR_SSDP_NO", "stale shared buffers"},
    immunity{"FBSDP_NO", "stale fill buffers"},
    immunity{"PSDP_NO", "stale primary data"},
    immunity{"BHI_NO", "branch history injection"},
    immunity{"PBRSB_NO", "returns after a barrier"},
    immunity{"GDS_NO", "gather sampling"},
    immunity{"RFDS_NO", "register file sampling"},
    immunity{"ITS_NO", "indirect target selection"},
};

// AMD announces the same kind of thing in CPUID.
constexpr std::array immunities_of_cpuid{
    immunity{"ssb_no", "speculative store bypass"},
    immunity{"btc_no", "branch type confusion"},
    immunity{"srso_no", "return stack overflow"},
    immunity{"srso_user_kernel_no", "return stack overflow between user and kernel"},
    immunity{"tsa_sq_no", "store queue sampling"},
    immunity{"tsa_l1_no", "L1 sampling"},
};

constexpr std::array capabilities{"IBRS_ALL", "RSBA", "RRSBA", "SKIP_L1DFL_VMENTRY", "FB_CLEAR", "RFDS_CLEAR"};

// The CPUID bit by which a control is announced.
std::string_view announcement(std::string_view control_name, bool amd) {
    if (control_name == "IBRS") return amd ? "amd_ibrs" : "ibrs_ibpb";
    if (control_name == "STIBP") return amd ? "amd_stibp" : "stibp";
    return amd ? "amd_ssbd" : "ssbd";
}

// What makes a control needless that is off.
void explain_off(row& control_row, const cpu_values& cpu, const register_view& spec) {
    // Guidance, Indirect Branch Restricted Speculation: on Intel it keeps the sibling thread out as STIBP does.
    if (control_row.label == "STIBP" && spec.is_set("IBRS") && cpu.cpu().vendor_name() == "intel")
        control_row.text = "off, and not needed while IBRS is on: that keeps the sibling thread out too";
    if (control_row.label != "SSBD") return;
    const auto arch = cpu.at("IA32_ARCH_CAPABILITIES");
    if (!arch.is_set("SSB_NO") && !cpu.has("ssb_no")) return;
    control_row.text = "off, and not needed: the CPU is immune";
    control_row.says.push_back(arch.is_set("SSB_NO") ? arch.says("SSB_NO") : cpu.feature("ssb_no"));
}

void add_controls(section& to, const cpu_values& cpu) {
    const auto spec = cpu.at("IA32_SPEC_CTRL");
    if (!spec.exists()) {
        to.rows.push_back(
            {.label = "SPEC_CTRL",
             .text = "absent: neither IBRS nor STIBP nor SSBD can be set",
             .says = {cpu.cpu().vendor_name() == "amd" ? cpu.feature("amd_ibrs") : cpu.feature("ibrs_ibpb")}});
        return;
    }
    if (!spec) {
        to.rows.push_back({.label = "SPEC_CTRL", .text = "not known: " + spec.why_not(), .says = {spec.says_all()}});
        return;
    }
    std::vector<std::string> absent;
    for (const auto& [field, on, off] : controls) {
        if (!spec.has(field)) {
            absent.emplace_back(field);
            continue;
        }
        to.rows.push_back({.label = std::string{field},
                           .text = std::string{spec.is_set(field) ? on : off},
                           .says = {spec.says(field)}});
        if (!spec.is_set(field)) explain_off(to.rows.back(), cpu, spec);
    }
    row others{.label = "other controls", .text = "one bit each, 1 restricts"};
    for (const auto* const field : more_controls) {
        if (spec.has(field)) others.says.push_back(spec.says(field));
    }
    if (!others.says.empty()) to.rows.push_back(std::move(others));
    if (absent.empty()) return;
    to.rows.push_back({.label = "absent", .text = joined(absent) + ": the CPU does not announce them"});
    const bool amd = cpu.cpu().vendor_name() == "amd";
    for (const auto& name : absent)
        to.rows.back().says.push_back(cpu.feature(announcement(name, amd)));
}

void add_automatic_ibrs(section& to, const cpu_values& cpu) {
    const auto efer = cpu.at("IA32_EFER");
    if (!efer || !efer.has("AIBRSE")) return;
    to.rows.push_back({.label = "automatic IBRS",
                       .text = efer.is_set("AIBRSE") ? "on: IBRS holds in the kernel without writes to SPEC_CTRL"
                                                     : "off, though the CPU has it",
                       .says = {efer.says("AIBRSE")}});
}

// A clear bit says only that the CPU does not declare it.
void add_immunities(section& to, const std::vector<std::string>& immune, const std::vector<std::string>& undeclared,
                    std::vector<evidence> says) {
    auto text = immune.empty() ? "to nothing, as declared" : "to " + joined(immune);
    if (!undeclared.empty()) text += "; not declared: " + joined(undeclared);
    to.rows.push_back({.label = "immune", .text = std::move(text), .says = std::move(says)});
}

void add_capabilities(section& to, const register_view& arch) {
    row can{.label = "capabilities", .text = {}};
    for (const auto* const field : capabilities) {
        if (!arch.is_set(field)) continue;
        can.says.push_back(arch.says(field));
    }
    if (can.says.empty()) return;
    std::vector<std::string> words;
    if (arch.is_set("IBRS_ALL")) words.emplace_back("IBRS is set once and may stay set");
    if (arch.is_set("RSBA") || arch.is_set("RRSBA")) words.emplace_back("returns may be predicted from elsewhere");
    if (arch.is_set("SKIP_L1DFL_VMENTRY")) words.emplace_back("no L1D flush is needed at VM entry");
    if (arch.is_set("FB_CLEAR")) words.emplace_back("VERW clears fill buffers");
    if (arch.is_set("RFDS_CLEAR")) words.emplace_back("VERW clears register files");
    can.text = joined(words, "; ");
    to.rows.push_back(std::move(can));
}

void add_arch_capabilities(section& to, const cpu_values& cpu) {
    const auto arch = cpu.at("IA32_ARCH_CAPABILITIES");
    if (!arch.exists()) {
        if (cpu.cpu().vendor_name() != "intel") return;
        to.rows.push_back({.label = "immune",
                           .text = "to nothing, as declared: there is no IA32_ARCH_CAPABILITIES",
                           .says = {cpu.feature("arch_capabilities")}});
        return;
    }
    if (!arch) {
        to.rows.push_back({.label = "immune", .text = "not known: " + arch.why_not(), .says = {arch.says_all()}});
        return;
    }
    std::vector<std::string> immune;
    std::vector<std::string> undeclared;
    std::vector<evidence> says;
    for (const auto& [field, words] : immunities) {
        if (arch.is_set(field)) {
            immune.emplace_back(words);
            says.push_back(arch.says(field));
        } else {
            undeclared.emplace_back(words);
        }
    }
    if (says.empty()) says.push_back(arch.says_all());
    add_immunities(to, immune, undeclared, std::move(says));
    add_capabilities(to, arch);
}

void add_immunities_of_cpuid(section& to, const cpu_values& cpu) {
    if (cpu.cpu().vendor_name() != "amd") return;
    std::vector<std::string> immune;
    std::vector<std::string> undeclared;
    std::vector<evidence> says;
    for (const auto& [feature, words] : immunities_of_cpuid) {
        (cpu.has(feature) ? immune : undeclared).emplace_back(words);
        if (cpu.has(feature)) says.push_back(cpu.feature(feature));
    }
    add_immunities(to, immune, undeclared, std::move(says));
}

// PRED_CMD and FLUSH_CMD cannot be read: CPUID tells which commands they take.
void add_commands(section& to, const cpu_values& cpu) {
    struct command {
        std::string_view feature;
        std::string_view words;
    };
    static constexpr std::array commands{command{"ibrs_ibpb", "PRED_CMD.IBPB"}, command{"amd_ibpb", "PRED_CMD.IBPB"},
                                         command{"sbpb", "PRED_CMD.SBPB"}, command{"l1d_flush", "FLUSH_CMD.L1D_FLUSH"}};
    std::vector<std::string> can;
    std::vector<evidence> says;
    for (const auto& [feature, words] : commands) {
        if (!cpu.has(feature)) continue;
        if (can.empty() || can.back() != words) can.emplace_back(words);
        says.push_back(cpu.feature(feature));
    }
    if (says.empty()) {
        says.push_back(cpu.feature(cpu.cpu().vendor_name() == "amd" ? "amd_ibpb" : "ibrs_ibpb"));
        says.push_back(cpu.feature("l1d_flush"));
    }
    auto text = can.empty() ? "none: neither IA32_PRED_CMD nor IA32_FLUSH_CMD exists" : joined(can);
    if (!can.empty() && !cpu.has("l1d_flush")) text += "; there is no IA32_FLUSH_CMD";
    to.rows.push_back({.label = "commands", .text = std::move(text), .says = std::move(says)});
}

// MD_CLEAR is a CPUID bit and nothing else: no register switches it.
void add_buffer_clearing(section& to, const cpu_values& cpu) {
    const auto* const feature = cpu.cpu().vendor_name() == "amd" ? "verw_clear" : "md_clear";
    to.rows.push_back({.label = "VERW",
                       .text = cpu.has(feature) ? "clears the CPU's buffers" : "is not announced to clear buffers",
                       .says = {cpu.feature(feature)}});
}

void add_transactions(section& to, const cpu_values& cpu) {
    const auto tsx = cpu.at("IA32_TSX_CTRL");
    if (!tsx) return;
    const auto* const text = tsx.is_set("RTM_DISABLE") ? "every transaction aborts at once" : "can run";
    to.rows.push_back(
        {.label = "transactions", .text = text, .says = {tsx.says("RTM_DISABLE"), tsx.says("TSX_CPUID_CLEAR")}});
}

}  // namespace

section speculation(const cpu_values& cpu, const surroundings& where) {
    section result{"speculation", where.virtual_cpu ? "Speculation, as a guest has it at its start"
                                                    : "Speculation, at the moment of reading, in the kernel"};
    add_controls(result, cpu);
    add_automatic_ibrs(result, cpu);
    if (const auto guest = cpu.at("VIRT_SPEC_CTRL")) {
        result.rows.push_back({.label = "VIRT_SPEC_CTRL",
                               .text = guest.is_set("SSBD") ? "the hypervisor keeps loads behind older stores"
                                                            : "the hypervisor lets loads run ahead of older stores",
                               .says = {guest.says("SSBD")}});
    }
    add_arch_capabilities(result, cpu);
    add_immunities_of_cpuid(result, cpu);
    add_commands(result, cpu);
    add_buffer_clearing(result, cpu);
    add_transactions(result, cpu);
    return result;
}

}  // namespace tool::report
