// msr vmx: may VMXON be executed, and if not which step fails; what VMX can do. msr vmx adjust is in vmx_adjust.cpp.

#include <string_view>

#include "msr/registers/ia32_feature_control.hpp"
#include "msr/virt/vmx/capabilities.hpp"
#include "msr/virt/vmx/msr_list.hpp"
#include "msr/virt/vmx/readiness.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/virtual_machine_extensions.hpp"
#include "tools/msr/vmx_controls.hpp"

namespace tool {

namespace {

namespace vmx = msr::virt::vmx;

json controls_json(const vmx::allowed_controls& allowed) {
    auto result = json::object();
    for (const auto set : vmx::control_sets) {
        const auto may = allowed.may_be_1.raw(set);
        const auto must = allowed.must_be_1.raw(set);
        result[std::string{short_name(set)}] = {{"may_be_1", hex(may)},
                                                {"must_be_1", hex(must)},
                                                {"choice", control_names(set, may & ~must)},
                                                {"always_1", control_names(set, may & must)}};
    }
    return result;
}

json vmx_json(const report::cpu_values& cpu) {
    const auto verdict = vmx::may_execute_vmxon(cpu, cpu);
    auto result = readiness_json(verdict.has_value(), verdict);
    if (!cpu.has("vmx")) return result;
    const auto found = vmx::capabilities::read(cpu);
    if (!found) {
        result["unread"] = {{"address", hex(found.error().index)}, {"cause", cause_word(found.error().cause)}};
        return result;
    }
    result["revision"] = found->basic.vmcs_revision().value();
    result["vmcs_bytes"] = found->basic.vmcs_size().value();
    result["write_back"] = found->basic.memory_type() == msr::ia32_vmx_basic_memory_type::wb;
    result["below_4_gib"] = found->basic.physical_addresses_32();
    result["true_controls"] = found->basic.true_controls();
    result["cr0"] = {{"must_be_1", hex(found->cr0_fixed0.raw())}, {"may_be_1", hex(found->cr0_fixed1.raw())}};
    result["cr4"] = {{"must_be_1", hex(found->cr4_fixed0.raw())}, {"may_be_1", hex(found->cr4_fixed1.raw())}};
    result["controls"] = controls_json(found->controls);
    result["ept_vpid"] = hex(found->ept_vpid.raw());
    result["vm_functions"] = hex(found->functions.raw());
    result["msr_list_entries"] = vmx::most_list_entries(found->misc);
    result["preemption_timer_tsc_ticks"] = found->tsc_ticks_of_preemption_timer();
    return result;
}

}  // namespace

exit_code vmx_verb(int argc, char** argv) {
    if (argc > 1 && std::string_view{argv[1]} == "adjust") return vmx_adjust(argc - 1, argv + 1);
    static constexpr report::topic topics[]{report::vmx_details, report::vmx_controls};
    static constexpr std::uint32_t more[]{msr::ia32_feature_control::address};
    return ask_extension({.name = "vmx",
                          .title = "Says whether VMXON can be executed, and if not which step fails; what VMX can do, "
                                   "and which controls there are. msr vmx adjust: which controls meet a request",
                          .topics = topics,
                          .register_of_topic = msr::ia32_vmx_basic::address,
                          .more = more,
                          .details = vmx_json},
                         argc, argv);
}

}  // namespace tool
