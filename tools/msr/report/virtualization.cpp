// Virtualization: is VMX or SVM ready, and if not, which step fails.

#include <optional>

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"

namespace tool::report {

namespace {

// What stands in the way of VMXON or VMRUN, as far as registers tell.
struct obstacle {
    std::string step;
    std::string why;
    std::vector<evidence> says;
};

std::optional<obstacle> in_feature_control(const cpu_values& cpu) {
    const auto control = cpu.at("IA32_FEATURE_CONTROL");
    const std::string step = "IA32_FEATURE_CONTROL";
    if (!control) return obstacle{step, "not known: " + control.why_not(), {control.says_all()}};
    std::vector<evidence> says{control.says("LOCK"), control.says("ENABLE_VMX_OUTSIDE_SMX_OPERATION")};
    const bool locked = control.is_set("LOCK");
    const bool enabled = control.is_set("ENABLE_VMX_OUTSIDE_SMX_OPERATION");
    if (locked && !enabled) return obstacle{step, "locked without VMX: only firmware can allow it, at a reset", says};
    if (!locked && !enabled)
        return obstacle{step, "not locked: VMXON faults until the system sets the enable and then the lock", says};
    if (!locked) return obstacle{step, "allows VMX but is not locked: VMXON faults until it is", says};
    return std::nullopt;
}

std::optional<obstacle> in_capabilities(const cpu_values& cpu) {
    const auto basic = cpu.at("IA32_VMX_BASIC");
    if (!basic) return obstacle{"IA32_VMX_BASIC", "not known: " + basic.why_not(), {basic.says_all()}};
    if (!basic.is_set("VMCS_SIZE"))
        return obstacle{"IA32_VMX_BASIC", "gives a VMCS no size", {basic.says("VMCS_SIZE")}};
    const auto cr4 = cpu.at("IA32_VMX_CR4_FIXED1");
    if (!cr4) return obstacle{"IA32_VMX_CR4_FIXED1", "not known: " + cr4.why_not(), {cr4.says_all()}};
    if (!cr4.is_set("VMXE")) return obstacle{"IA32_VMX_CR4_FIXED1", "does not let CR4.VMXE be set", {cr4.says("VMXE")}};
    return std::nullopt;
}

row vmx_verdict(const cpu_values& cpu, const surroundings& where) {
    row result{.label = "VMX", .text = {}, .says = {cpu.feature("vmx")}};
    auto problem = in_feature_control(cpu);
    if (!problem) problem = in_capabilities(cpu);
    if (problem) {
        result.text = fmt::format("not ready; it fails at {}: {}", problem->step, problem->why);
        result.says.insert(result.says.end(), problem->says.begin(), problem->says.end());
        if (where.virtual_cpu) result.note = "a new virtual CPU's: its firmware has not run";
        return result;
    }
    const auto control = cpu.at("IA32_FEATURE_CONTROL");
    result.text = "ready: firmware or the system allowed it, and the capabilities are there";
    result.says.push_back(control.says("LOCK"));
    result.says.push_back(control.says("ENABLE_VMX_OUTSIDE_SMX_OPERATION"));
    return result;
}

row vmcs(const register_view& basic) {
    return {.label = "VMCS",
            .text = fmt::format("revision {:#x}, {}, {}; default1 controls {}", basic.get("VMCS_REVISION"),
                                basic.words("VMCS_SIZE"), basic.words("MEMORY_TYPE"),
                                basic.is_set("TRUE_CONTROLS") ? "can be 0" : "are 1"),
            .says = {basic.says("MEMORY_TYPE"), basic.says("TRUE_CONTROLS")}};
}

void add_fixed_bits(section& to, const cpu_values& cpu) {
    const auto cr0 = cpu.at("IA32_VMX_CR0_FIXED0");
    const auto cr4 = cpu.at("IA32_VMX_CR4_FIXED0");
    if (!cr0 || !cr4) return;
    to.rows.push_back({.label = "fixed bits",
                       .text = fmt::format("VMXON needs CR0 {} and CR4 {}", joined(cr0.set_fields(), " "),
                                           joined(cr4.set_fields(), " ")),
                       .says = {cr0.says_all(), cr4.says_all()}});
}

void add_ept(section& to, const cpu_values& cpu) {
    const auto cap = cpu.at("IA32_VMX_EPT_VPID_CAP");
    if (!cap.exists()) {
        to.rows.push_back({.label = "EPT, VPID", .text = "absent: a hypervisor has to shadow page tables"});
        return;
    }
    if (!cap) {
        to.rows.push_back({.label = "EPT, VPID", .text = "not known: " + cap.why_not(), .says = {cap.says_all()}});
        return;
    }
    struct ability {
        std::string_view field;
        std::string_view words;
    };
    static constexpr ability abilities[]{{"PAGE_WALK_LENGTH_4", "4 levels"},
                                         {"PAGE_WALK_LENGTH_5", "5 levels"},
                                         {"PAGES_2M", "2 MiB pages"},
                                         {"PAGES_1G", "1 GiB pages"},
                                         {"ACCESSED_AND_DIRTY_FLAGS", "accessed and dirty flags"},
                                         {"EXECUTE_ONLY", "execute-only"},
                                         {"INVEPT", "INVEPT"},
                                         {"INVVPID", "INVVPID"}};
    std::vector<std::string> words;
    for (const auto& [field, meaning] : abilities) {
        if (cap.is_set(field)) words.emplace_back(meaning);
    }
    to.rows.push_back({.label = "EPT, VPID", .text = joined(words), .says = {cap.says_all()}});
}

void add_vmx(section& to, const cpu_values& cpu, const surroundings& where) {
    to.rows.push_back(vmx_verdict(cpu, where));
    if (const auto basic = cpu.at("IA32_VMX_BASIC")) to.rows.push_back(vmcs(basic));
    add_fixed_bits(to, cpu);
    add_ept(to, cpu);
}

row svm_verdict(const cpu_values& cpu, const surroundings& where) {
    row result{.label = "SVM", .text = {}, .says = {cpu.feature("svm")}};
    const auto vm_cr = cpu.at("VM_CR");
    const auto efer = cpu.at("IA32_EFER");
    if (!vm_cr) {
        result.text = "not known: VM_CR is " + vm_cr.why_not();
        result.says.push_back(vm_cr.says_all());
        return result;
    }
    result.says.push_back(vm_cr.says("SVMDIS"));
    result.says.push_back(vm_cr.says("LOCK"));
    if (vm_cr.is_set("SVMDIS")) {
        result.text = "not ready; it fails at VM_CR: ";
        if (!vm_cr.is_set("LOCK")) {
            result.text += "disabled but not locked: the system may clear SVMDIS";
        } else {
            result.says.push_back(cpu.feature("svm_lock"));
            result.text += cpu.has("svm_lock") ? "disabled and locked: it takes SVM_KEY or firmware"
                                               : "disabled and locked: only firmware can allow it, at a reset";
        }
    } else {
        result.says.push_back(efer.says("SVME"));
        result.text = efer.is_set("SVME") ? "ready and switched on" : "ready: the system may set EFER.SVME";
    }
    if (where.virtual_cpu) result.note = "a new virtual CPU's";
    return result;
}

void add_svm(section& to, const cpu_values& cpu, const surroundings& where) {
    to.rows.push_back(svm_verdict(cpu, where));
    if (const auto area = cpu.at("VM_HSAVE_PA")) {
        to.rows.push_back(
            {.label = "host save area",
             .text = area.raw() != 0 ? "set: a hypervisor is at work" : "not set: no hypervisor has begun",
             .says = {area.says("VM_HSAVE_PA")}});
    }
    row abilities{.label = "abilities", .text = {}};
    std::vector<std::string> words;
    static constexpr std::string_view features[]{"nested_paging", "nrip_save",      "flush_by_asid",
                                                 "vmcb_clean",    "decode_assists", "avic"};
    for (const auto feature : features) {
        if (!cpu.has(feature)) continue;
        const auto bit = cpu.feature(feature);
        words.push_back(bit.field);
        abilities.says.push_back({bit.where, "", bit.value});
    }
    abilities.text = words.empty() ? "no nested paging, nothing beyond the first SVM" : joined(words);
    to.rows.push_back(std::move(abilities));
}

}  // namespace

section virtualization(const cpu_values& cpu, const surroundings& where) {
    section result{"virtualization", "Virtualization"};
    const bool svm = cpu.cpu().vendor_name() == "amd";
    const auto* const feature = svm ? "svm" : "vmx";
    if (!cpu.has(feature)) {
        result.rows.push_back({.label = svm ? "SVM" : "VMX",
                               .text = "not ready; it fails at CPUID: the CPU does not announce it",
                               .says = {cpu.feature(feature)},
                               .note = where.virtual_cpu ? "this virtual CPU, whatever the host can do" : ""});
    } else if (svm) {
        add_svm(result, cpu, where);
    } else {
        add_vmx(result, cpu, where);
    }
    return result;
}

}  // namespace tool::report
