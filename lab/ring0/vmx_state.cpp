#include "lab/ring0/vmx_state.hpp"

#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/value_of.hpp"
#include "lab/ring0/vmcs.hpp"
#include "msr/registers/ia32_cstar.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_sysenter_cs.hpp"
#include "msr/registers/ia32_sysenter_eip.hpp"
#include "msr/registers/ia32_sysenter_esp.hpp"
#include "msr/virt/vmx/msr_list.hpp"

namespace msr::ring0 {
namespace {

using namespace virt::vmx;

constexpr std::uint32_t switched_by_list[]{ia32_star::address, ia32_lstar::address, ia32_cstar::address,
                                           ia32_fmask::address};
msr_list_entry guest_entries[8];  // saved by exits, loaded by entries
msr_list_entry host_entries[8];

}  // namespace

bool write_lists(const virt::vmx::capabilities& has) {
    msr_list guest{guest_entries, list_use::saved_and_loaded, has.misc};
    msr_list host{host_entries, list_use::loaded, has.misc};
    for (const auto address : switched_by_list) {
        if (!guest.set(address, value_of(address)) || !host.set(address, value_of(address))) return false;
    }
    return vmwrite(vmcs::exit_msr_store, address_of(guest_entries)) &&
           vmwrite(vmcs::entry_msr_load, address_of(guest_entries)) &&
           vmwrite(vmcs::exit_msr_load, address_of(host_entries)) &&
           vmwrite(vmcs::exit_msr_store_count, guest.size()) && vmwrite(vmcs::entry_msr_load_count, guest.size()) &&
           vmwrite(vmcs::exit_msr_load_count, host.size());
}

bool write_host_state() {
    using namespace selector;
    return vmwrite(vmcs::host_cs_selector, code) && vmwrite(vmcs::host_ss_selector, data) &&
           vmwrite(vmcs::host_ds_selector, data) && vmwrite(vmcs::host_es_selector, data) &&
           vmwrite(vmcs::host_fs_selector, 0) && vmwrite(vmcs::host_gs_selector, 0) &&
           vmwrite(vmcs::host_tr_selector, task) && vmwrite(vmcs::host_cr0, read_cr0()) &&
           vmwrite(vmcs::host_cr3, read_cr3()) && vmwrite(vmcs::host_cr4, read_cr4()) &&
           vmwrite(vmcs::host_fs_base, value_of(ia32_fs_base::address)) &&
           vmwrite(vmcs::host_gs_base, value_of(ia32_gs_base::address)) &&
           vmwrite(vmcs::host_tr_base, task_segment_base()) && vmwrite(vmcs::host_gdtr_base, descriptor_table().base) &&
           vmwrite(vmcs::host_idtr_base, interrupt_table().base) &&
           vmwrite(vmcs::host_sysenter_cs, value_of(ia32_sysenter_cs::address)) &&
           vmwrite(vmcs::host_sysenter_esp, value_of(ia32_sysenter_esp::address)) &&
           vmwrite(vmcs::host_sysenter_eip, value_of(ia32_sysenter_eip::address)) &&
           vmwrite(vmcs::host_efer, value_of(ia32_efer::address)) &&
           vmwrite(vmcs::host_pat, value_of(ia32_pat::address));
}

namespace {

struct segment_state {
    std::uint16_t selector;
    std::uint32_t rights;
    std::uint64_t base = 0;
    std::uint32_t limit = ~0U;
};

bool write_guest_segments() {
    using namespace vmx_rights;
    const segment_state segments[]{
        {selector::data, data},
        {selector::code, code_64},
        {selector::data, data},
        {selector::data, data},
        {0, unusable, value_of(ia32_fs_base::address)},
        {0, unusable, value_of(ia32_gs_base::address)},
        {0, unusable},
        {selector::task, busy_task, task_segment_base(), task_segment_limit()},
    };
    bool written = true;
    for (unsigned number = 0; const auto& one : segments) {
        written = written && vmwrite(of_segment(vmcs::guest_es_selector, number), one.selector) &&
                  vmwrite(of_segment(vmcs::guest_es_rights, number), one.rights) &&
                  vmwrite(of_segment(vmcs::guest_es_base, number), one.base) &&
                  vmwrite(of_segment(vmcs::guest_es_limit, number), one.limit);
        ++number;
    }
    return written;
}

}  // namespace

bool write_guest_state(std::uint64_t program, std::uint64_t stack) {
    const auto descriptors = descriptor_table();
    const auto interrupts = interrupt_table();
    return write_guest_segments() && vmwrite(vmcs::guest_gdtr_base, descriptors.base) &&
           vmwrite(vmcs::guest_gdtr_limit, descriptors.limit) && vmwrite(vmcs::guest_idtr_base, interrupts.base) &&
           vmwrite(vmcs::guest_idtr_limit, interrupts.limit) && vmwrite(vmcs::guest_cr0, read_cr0()) &&
           vmwrite(vmcs::guest_cr3, read_cr3()) && vmwrite(vmcs::guest_cr4, read_cr4()) &&
           vmwrite(vmcs::guest_dr7, dr7_at_reset) && vmwrite(vmcs::guest_rflags, rflags::always_one) &&
           vmwrite(vmcs::guest_rip, program) && vmwrite(vmcs::guest_rsp, stack) &&
           vmwrite(vmcs::guest_interruptibility, 0) && vmwrite(vmcs::guest_activity, 0) &&
           vmwrite(vmcs::guest_pending_debug, 0) && vmwrite(vmcs::link_pointer, no_other_vmcs) &&
           vmwrite(vmcs::guest_debugctl, 0) && vmwrite(vmcs::guest_sysenter_cs, value_of(ia32_sysenter_cs::address)) &&
           vmwrite(vmcs::guest_sysenter_esp, value_of(ia32_sysenter_esp::address)) &&
           vmwrite(vmcs::guest_sysenter_eip, value_of(ia32_sysenter_eip::address)) &&
           vmwrite(vmcs::guest_efer, value_of(ia32_efer::address)) &&
           vmwrite(vmcs::guest_pat, value_of(ia32_pat::address));
}

}  // namespace msr::ring0
