// Virtualization: is VMX or SVM ready, and if not, which step fails.

#include <algorithm>

#include <fmt/format.h>

#include "msr/virt/svm/readiness.hpp"
#include "msr/virt/vmx/capabilities.hpp"
#include "msr/virt/vmx/readiness.hpp"
#include "tools/msr/report/topics.hpp"
#include "tools/msr/vmx_controls.hpp"

namespace tool::report {

namespace vmx = msr::virt::vmx;
namespace svm = msr::virt::svm;

namespace {

std::string step_of(const cpu_values& cpu, std::uint32_t index) {
    if (index == 0) return "CPUID";
    const auto candidates = catalogue::at_address(cpu.cpu().facts(), index);
    const auto* here = on_cpu(candidates, cpu.cpu());
    return str((here != nullptr ? here : &candidates.front())->entry->name);
}

// The library's verdict in words: the step, and why it fails.
template <class Obstacle>
std::string words(const cpu_values& cpu, const Obstacle& problem) {
    const auto why = problem.why == Obstacle::reason::not_known ? "not known: " + str(to_string(problem.cause))
                                                                : str(to_string(problem.why));
    return fmt::format("not ready; it fails at {}: {}", step_of(cpu, problem.index), why);
}

// The fields that the verdict hangs on.
void add_evidence(row& to, const cpu_values& cpu, const vmx::vmxon_obstacle& problem) {
    using reason = vmx::vmxon_obstacle::reason;
    const auto control = cpu.at("IA32_FEATURE_CONTROL");
    const auto basic = cpu.at("IA32_VMX_BASIC");
    switch (problem.why) {
        case reason::locked_out:
        case reason::not_enabled:
        case reason::not_locked:
            to.says.push_back(control.says("LOCK"));
            to.says.push_back(control.says("ENABLE_VMX_OUTSIDE_SMX_OPERATION"));
            break;
        case reason::no_region_size: to.says.push_back(basic.says("VMCS_SIZE")); break;
        case reason::no_memory_type: to.says.push_back(basic.says("MEMORY_TYPE")); break;
        case reason::vmxe_never: to.says.push_back(cpu.at("IA32_VMX_CR4_FIXED1").says("VMXE")); break;
        case reason::not_known: to.says.push_back(cpu.at(step_of(cpu, problem.index)).says_all()); break;
        default: break;
    }
}

row vmx_verdict(const cpu_values& cpu, const surroundings& where) {
    row result{.label = "VMX", .text = {}, .says = {cpu.feature("vmx")}};
    if (const auto verdict = vmx::may_execute_vmxon(cpu, cpu); !verdict) {
        result.text = words(cpu, verdict.error());
        add_evidence(result, cpu, verdict.error());
        if (where.virtual_cpu) {
            result.note = verdict.error().index == 0 ? "this virtual CPU, whatever the host can do"
                                                     : "a new virtual CPU's: its firmware has not run";
        }
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

void add_misc(section& to, const register_view& misc) {
    const auto rate = misc.scaled("PREEMPTION_TIMER_RATE").value_or(0);
    to.rows.push_back(
        {.label = "limits",
         .text = fmt::format("an MSR list has at most {:.0f} entries; the preemption timer counts every {} of the "
                             "time-stamp counter; {} CR3 targets",
                             misc.scaled("MSR_LIST_LENGTH").value_or(0),
                             rate == 1 ? "tick" : fmt::format("{:.0f} ticks", rate), misc.get("CR3_TARGETS")),
         .says = {misc.says_hex("MSR_LIST_LENGTH"), misc.says_hex("PREEMPTION_TIMER_RATE")}});
}

void add_controls(section& to, const vmx::allowed_controls& allowed, vmx::control_set set) {
    const auto may = allowed.may_be_1.raw(set);
    const auto must = allowed.must_be_1.raw(set);
    if (may == 0) {
        to.rows.push_back({.label = std::string{short_name(set)}, .text = "none"});
        return;
    }
    const auto fixed = joined(control_names(set, must));
    to.rows.push_back(
        {.label = std::string{short_name(set)},
         .text = joined(control_names(set, may & ~must)) + (fixed.empty() ? "" : "; always 1: " + fixed)});
}

void add_vmx(section& to, const cpu_values& cpu, const surroundings& where) {
    to.rows.push_back(vmx_verdict(cpu, where));
    if (!cpu.has("vmx")) return;
    if (const auto basic = cpu.at("IA32_VMX_BASIC")) to.rows.push_back(vmcs(basic));
    add_fixed_bits(to, cpu);
    add_ept(to, cpu);
}

row svm_verdict(const cpu_values& cpu, const surroundings& where) {
    using reason = svm::vmrun_obstacle::reason;
    row result{.label = "SVM", .text = {}, .says = {cpu.feature("svm")}};
    const auto verdict = svm::may_execute_vmrun(cpu, cpu);
    if (!svm::is_ready(verdict)) {
        result.text = words(cpu, verdict.error());
    } else if (!verdict && verdict.error().why == reason::svme_clear) {
        result.text = "ready: the system may set EFER.SVME";
    } else {
        result.text = "ready and switched on";
    }
    if (!cpu.has("svm")) {
        if (where.virtual_cpu) result.note = "this virtual CPU, whatever the host can do";
        return result;
    }
    const auto vm_cr = cpu.at("VM_CR");
    if (!vm_cr) {
        result.says.push_back(vm_cr.says_all());
        return result;
    }
    result.says.push_back(vm_cr.says("SVMDIS"));
    result.says.push_back(vm_cr.says("LOCK"));
    if (vm_cr.is_set("SVMDIS") && vm_cr.is_set("LOCK")) result.says.push_back(cpu.feature("svm_lock"));
    if (!vm_cr.is_set("SVMDIS")) result.says.push_back(cpu.at("IA32_EFER").says("SVME"));
    if (where.virtual_cpu) result.note = "a new virtual CPU's";
    return result;
}

void add_svm(section& to, const cpu_values& cpu, const surroundings& where) {
    to.rows.push_back(svm_verdict(cpu, where));
    if (!cpu.has("svm")) return;
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
    if (cpu.cpu().vendor_name() == "amd") {
        add_svm(result, cpu, where);
    } else {
        add_vmx(result, cpu, where);
    }
    return result;
}

section vmx_details(const cpu_values& cpu, const surroundings& where) {
    section result{"vmx", "VMX"};
    add_vmx(result, cpu, where);
    if (const auto misc = cpu.at("IA32_VMX_MISC")) add_misc(result, misc);
    return result;
}

section vmx_controls(const cpu_values& cpu, const surroundings& /*where*/) {
    section result{"vmx_controls", "VMX controls"};
    if (!cpu.has("vmx")) return result;
    const auto found = vmx::capabilities::read(cpu);
    if (!found) {
        result.rows.push_back(
            {.label = "not known",
             .text = fmt::format("{} is {}", step_of(cpu, found.error().index), str(to_string(found.error().cause)))});
        return result;
    }
    for (const auto set : vmx::control_sets)
        add_controls(result, found->controls, set);
    return result;
}

section svm_details(const cpu_values& cpu, const surroundings& where) {
    section result{"svm", "SVM"};
    add_svm(result, cpu, where);
    if (!cpu.has("svm")) return result;
    result.rows.push_back({.label = "leaf",
                           .text = fmt::format("revision {}, {} address-space identifiers",
                                               cpu.quantity("SVM_REVISION"), cpu.quantity("SVM_ASIDS")),
                           .says = {cpu.says_quantity("SVM_REVISION"), cpu.says_quantity("SVM_ASIDS")}});
    return result;
}

}  // namespace tool::report
