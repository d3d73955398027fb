// Part 4, a hypervisor on SVM. The guest shares the image's pages; what it may do alone is its MSRs.
#include "lab/image/exceptions.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/hypervisor.hpp"
#include "lab/ring0/parts.hpp"
#include "lab/ring0/random_policies.hpp"
#include "lab/ring0/vmcb.hpp"
#include "msr/core/access.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/vm_hsave_pa.hpp"
#include "msr/virt/svm/capabilities.hpp"
#include "msr/virt/svm/msr_permission_map.hpp"
#include "msr/virt/svm/readiness.hpp"

extern "C" void svm_enter(msr::ring0::vmcb* guest, msr::ring0::general_registers* general, msr::ring0::vmcb* host);

namespace msr::ring0 {
namespace {

vmcb guest_block;
vmcb host_block;  // of the host, only what VMSAVE saves
alignas(4096) std::byte save_area[4096];
constinit virt::svm::msr_permission_map permissions;

class svm_cpu {
  public:
    [[nodiscard]] general_registers& general() { return general_; }

    exit_reason enter() {
        native_bus cpu;
        guest_block.rax = general_.rax;
        // Without nested paging PAT is nobody's: not in the VMCB, and not switched (APM volume 2, 15.25.4).
        const auto own_pat = value_of(ia32_pat::address);
        (void)cpu.write(ia32_pat::address, guest_pat);
        svm_enter(&guest_block, &general_, &host_block);
        (void)cpu.write(ia32_pat::address, own_pat);
        general_.rax = guest_block.rax;
        guest_block.event_injection = 0;
        return reason();
    }

    void skip_instruction() {
        // RDMSR, WRMSR and CPUID have two bytes: what CPUs say that do not save the next instruction's address.
        constexpr std::uint64_t length = 2;
        const bool known = features_.has<cpuid::nrip_save>() && guest_block.next_rip != 0;
        guest_block.rip = known ? guest_block.next_rip : guest_block.rip + length;
    }

    void start_at(std::uint64_t entry) {
        guest_block.rip = entry;
        guest_block.rsp = address_of(guest_stack_top) - 8;  // as a call leaves it
    }

    void inject_general_protection() {
        using namespace svm_event;
        guest_block.event_injection = msr::lab::vector::general_protection | exception | error_code_valid | valid;
    }

    void prepare(const virt::svm::capabilities& features);

    std::uint64_t guest_pat = 0;

  private:
    static exit_reason reason() {
        switch (guest_block.exit_code) {
            case svm_exit::msr: return (guest_block.exit_info_1 & 1) != 0 ? exit_reason::wrmsr : exit_reason::rdmsr;
            case svm_exit::cpuid: return exit_reason::cpuid;
            case svm_exit::hlt: return exit_reason::halt;
            default: return exit_reason::other;
        }
    }

    general_registers general_{};
    virt::svm::capabilities features_;
};

// 64-bit ring 0 with the image's own pages and tables.
void svm_cpu::prepare(const virt::svm::capabilities& features) {
    features_ = features;
    auto& block = guest_block;
    block.intercepts_3 = svm_intercept::cpuid | svm_intercept::hlt | svm_intercept::msr_prot | svm_intercept::shutdown;
    block.intercepts_4 = svm_intercept::vmrun;
    block.msr_permission_map = address_of(&permissions);
    block.asid = 1;  // 0 is the host's
    constexpr std::uint32_t flat = ~0U;
    block.cs = {selector::code, svm_attributes::code_64, flat, 0};
    block.ss = block.ds = block.es = {selector::data, svm_attributes::data, flat, 0};
    const auto descriptors = descriptor_table();
    const auto interrupts = interrupt_table();
    block.gdtr = {0, 0, descriptors.limit, descriptors.base};
    block.idtr = {0, 0, interrupts.limit, interrupts.base};
    block.efer = value_of(ia32_efer::address);
    block.cr0 = read_cr0();
    block.cr3 = read_cr3();
    block.cr4 = read_cr4();
    block.rflags = rflags::always_one;
    block.rip = address_of(guest_main);
    block.rsp = address_of(guest_stack_top) - 8;  // as a call leaves it
    // FS, GS, TR, LDTR and the registers of system calls as the host has them now.
    asm volatile("vmsave" ::"a"(&block) : "memory");
    guest_pat = value_of(ia32_pat::address);
}

/// EFER is in the VMCB, whose SVME the CPU wants set and the guest does not see; PAT is here.
std::uint64_t read_elsewhere(void* owner, std::uint32_t address) {
    if (address == ia32_pat::address) return static_cast<svm_cpu*>(owner)->guest_pat;
    return ia32_efer::from_raw(guest_block.efer).svme(false).raw();
}

void write_elsewhere(void* owner, std::uint32_t address, std::uint64_t value) {
    if (address == ia32_pat::address)
        static_cast<svm_cpu*>(owner)->guest_pat = value;
    else
        guest_block.efer = ia32_efer::from_raw(value).svme(true).raw();
}

// The steps before the first VMRUN. An emulator without VM_CR cannot say that SVM is off.
bool enable_svm() {
    native_bus cpu;
    const auto enabled = update<ia32_efer>(cpu, [](ia32_efer value) { return value.svme(true); });
    const auto area = write(cpu, vm_hsave_pa{address_of(save_area)});
    check(enabled && area, "EFER.SVME and VM_HSAVE_PA by typed accesses");
    const auto ready = virt::svm::may_execute_vmrun(profile::native_cpuid, cpu);
    using reason = virt::svm::vmrun_obstacle::reason;
    if (!ready && ready.error().why == reason::not_known && ready.error().index == vm_cr::address) {
        skip("VMRUN may be executed", "this CPU has no VM_CR");
        return true;
    }
    return check(ready.has_value(), "VMRUN may be executed: ",
                 ready ? text{"nothing is missing"} : virt::svm::to_string(ready.error().why));
}

}  // namespace

void run_svm_guest(const description& host, engine& hardware, bool judges) {
    note("4. a hypervisor on SVM");
    const auto ready = virt::svm::may_execute_vmrun(profile::native_cpuid, native_bus{});
    if (!ready && ready.error().why == virt::svm::vmrun_obstacle::reason::not_announced)
        return skip("SVM", virt::svm::to_string(ready.error().why));
    if (!enable_svm()) return;
    const auto features = virt::svm::capabilities::read(profile::native_cpuid);
    note("SVM revision ", features.revision, ", ", features.address_space_identifiers, " address spaces, features ",
         hex{features.features});
    static description shown;
    static virtual_cpu guest;
    static svm_cpu cpu;
    shown.copy_without(host, "svm");
    check(permissions.pass(policy()).has_value(), "the policy is in the permission map");
    cpu.prepare(features);
    guest.start(shown, {&cpu, read_elsewhere, write_elsewhere});
    prepare_guest();
    const host_registers before;
    const bool ended = run_guest(cpu, guest);
    if (!check(ended, "the guest ran to its end; last exit ", hex{guest_block.exit_code}, ", at ",
               hex{guest_block.rip}))
        return;
    check_guest(permissions, {shown, hardware, judges, before});
    note_costs();
    run_random_policies(cpu, permissions);
    const auto off = update<ia32_efer>(native_bus{}, [](ia32_efer value) { return value.svme(false); });
    check(off.has_value(), "EFER.SVME is clear again");
}

}  // namespace msr::ring0
