#include "msr/host/kvm_guest.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "msr/host/kvm_device.hpp"
#include "msr/host/kvm_requests.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/layouts/control_register_0.hpp"
#include "msr/registers/layouts/control_register_4.hpp"

namespace msr::host {
namespace {

using namespace kvm;

error guest_error(std::string what) {
    return {error_kind::not_possible, std::move(what), describe_errno(errno), {}};
}

// What the signal's handler stops. Without it a signal between two calls of KVM_RUN would be lost.
std::atomic<kvm_run*> running_vcpu;

kvm_segment flat_segment(std::uint16_t selector, std::uint8_t type, bool is_64_bit_code) {
    return {.base = 0,
            .limit = 0xFFFFFFFF,
            .selector = selector,
            .type = type,
            .present = 1,
            .dpl = 0,
            .db = static_cast<std::uint8_t>(is_64_bit_code ? 0 : 1),
            .s = 1,
            .l = static_cast<std::uint8_t>(is_64_bit_code ? 1 : 0),
            .g = 1,
            .avl = 0,
            .unusable = 0,
            .padding = 0};
}

}  // namespace

mapped_pages::mapped_pages(std::size_t size, int of) {
    const int kind = of < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
    void* const pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, kind, of, 0);
    if (pages != MAP_FAILED) bytes_ = {static_cast<std::byte*>(pages), size};
}

mapped_pages::~mapped_pages() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

outcome<kvm_guest> kvm_guest::create(const settings& wanted) {
    auto system = open_kvm(wanted.device);
    if (!system) return std::unexpected{system.error()};
    descriptor machine{::ioctl(system->get(), KVM_CREATE_VM, 0)};
    if (!machine) return std::unexpected{vcpu_error(wanted.device, errno)};
    mapped_pages memory{wanted.memory};
    if (memory.bytes().empty()) return std::unexpected{guest_error("no memory for a guest")};
    kvm_guest made{std::move(*system), std::move(machine), std::move(memory)};
    if (const auto prepared = made.prepare(wanted); !prepared) return std::unexpected{prepared.error()};
    return made;
}

kvm_guest::kvm_guest(descriptor system, descriptor machine, mapped_pages memory)
    : system_{std::move(system)}, machine_{std::move(machine)}, memory_{std::move(memory)} {}

kvm_guest::~kvm_guest() {
    // The pages go; the signal may still come.
    auto* gone = shared_state();
    if (gone != nullptr) running_vcpu.compare_exchange_strong(gone, nullptr);
}

outcome<void> kvm_guest::prepare(const settings& wanted) {
    // Intel's KVM keeps pages of its own in the guest's space, for guests in real mode; this is where QEMU puts them.
    constexpr std::uint64_t pages_of_kvm = 0xFEFFC000;
    std::uint64_t identity_map = pages_of_kvm;
    ::ioctl(machine_.get(), KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
    ::ioctl(machine_.get(), KVM_SET_TSS_ADDR, pages_of_kvm + 0x1000);
    if (wanted.irqchip && ::ioctl(machine_.get(), KVM_CREATE_IRQCHIP, 0) != 0)
        return std::unexpected{guest_error("cannot make an irqchip")};
    if (wanted.cstates && !enable(KVM_CAP_X86_DISABLE_EXITS, KVM_X86_DISABLE_EXITS_CSTATE))
        return std::unexpected{guest_error("cannot leave idle states to the guest")};
    const kvm_userspace_memory_region region{.slot = 0,
                                             .flags = 0,
                                             .guest_phys_addr = 0,
                                             .memory_size = memory().size(),
                                             .userspace_addr = reinterpret_cast<std::uint64_t>(memory().data())};
    if (::ioctl(machine_.get(), KVM_SET_USER_MEMORY_REGION, &region) != 0)
        return std::unexpected{guest_error("cannot give a guest memory")};
    vcpu_ = descriptor{::ioctl(machine_.get(), KVM_CREATE_VCPU, 0)};
    if (!vcpu_) return std::unexpected{vcpu_error(wanted.device, errno)};
    const auto size = ::ioctl(system_.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
    state_ = mapped_pages{static_cast<std::size_t>(size), vcpu_.get()};
    if (state_.bytes().empty()) return std::unexpected{guest_error("cannot see the state of a virtual CPU")};
    return give_cpuid(wanted.cpuid);
}

bool kvm_guest::enable(std::uint32_t capability, std::uint64_t argument) {
    kvm_enable_cap request{};
    request.cap = capability;
    request.args[0] = argument;
    return ::ioctl(machine_.get(), KVM_ENABLE_CAP, &request) == 0;
}

outcome<void> kvm_guest::give_cpuid(const std::vector<profile::cpuid_leaf>& leaves) {
    cpuid_batch batch;
    if (leaves.empty()) {
        if (::ioctl(system_.get(), get_supported_cpuid, &batch) != 0)
            return std::unexpected{guest_error("cannot ask KVM for the CPUID that it supports")};
        // KVM leaves this one to user space, and every user space sets it: the guest would not look for KVM's leaves.
        for (auto& entry : std::span{batch.entries}.first(batch.count)) {
            if (entry.function == 1) entry.ecx |= profile::hypervisor_present;
        }
    } else {
        if (leaves.size() > batch.entries.size()) {
            errno = E2BIG;
            return std::unexpected{guest_error("cannot give a virtual CPU its CPUID")};
        }
        batch.count = 0;
        for (const auto& [leaf, subleaf, answer] : leaves) {
            batch.entries[batch.count++] = {
                .function = leaf,
                .index = subleaf,
                .flags = profile::has_subleaves(leaf) ? std::uint32_t{KVM_CPUID_FLAG_SIGNIFCANT_INDEX} : 0,
                .eax = answer.eax,
                .ebx = answer.ebx,
                .ecx = answer.ecx,
                .edx = answer.edx};
        }
    }
    if (::ioctl(vcpu_.get(), set_cpuid, &batch) != 0)
        return std::unexpected{guest_error("cannot give a virtual CPU its CPUID")};
    return {};
}

// As after a boot loader; what is not named here is as after reset.
outcome<void> kvm_guest::enter(const start& at) {
    constexpr std::uint8_t code = 11;
    constexpr std::uint8_t data = 3;
    const bool long_mode = at.page_tables != 0;
    auto special = special_registers();
    if (!special) return std::unexpected{special.error()};
    special->cs = flat_segment(8, code, long_mode);
    special->ds = special->es = special->fs = special->gs = special->ss = flat_segment(16, data, false);
    if (at.descriptors != 0)
        special->gdt = {
            .base = at.descriptors, .limit = static_cast<std::uint16_t>(at.descriptors_size - 1), .padding = {}};
    special->cr0 = control_register_0{special->cr0}.pe(true).pg(long_mode).raw();
    if (long_mode) {
        special->cr3 = at.page_tables;
        special->cr4 = control_register_4{special->cr4}.pae(true).raw();
        special->efer = ia32_efer{special->efer}.lme(true).raw() | ia32_efer::fields::lma::mask;
    }
    kvm_regs general{};
    general.rip = at.entry;
    general.rsp = at.stack;
    general.rax = at.eax;
    general.rbx = at.ebx;
    general.rflags = 2;  // its only bit that is always set
    if (::ioctl(vcpu_.get(), KVM_SET_SREGS, &*special) != 0 || ::ioctl(vcpu_.get(), KVM_SET_REGS, &general) != 0)
        return std::unexpected{guest_error("cannot set a virtual CPU's registers")};
    return {};
}

outcome<void> kvm_guest::ask_about_registers(std::uint32_t reasons) {
    if (reasons != 0 && !enable(KVM_CAP_X86_USER_SPACE_MSR, reasons))
        return std::unexpected{guest_error("this KVM does not leave a guest's registers to user space")};
    return {};
}

int kvm_guest::install(const kvm_msr_filter& filter) {
    return ::ioctl(machine_.get(), KVM_X86_SET_MSR_FILTER, &filter) == 0 ? 0 : errno;
}

outcome<void> kvm_guest::leave_registers_to_user_space(const kvm_msr_filter& filter) {
    constexpr auto every_reason = KVM_MSR_EXIT_REASON_FILTER | KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL;
    if (auto asked = ask_about_registers(every_reason); !asked) return asked;
    if (install(filter) != 0) return std::unexpected{guest_error("this KVM does not take the filter")};
    return {};
}

kvm_guest::left kvm_guest::run() {
    running_vcpu = &state();
    if (::ioctl(vcpu_.get(), KVM_RUN, 0) == 0)
        return state().exit_reason == KVM_EXIT_INTR ? left::interrupted : left::for_user_space;
    if (errno != EINTR && errno != EAGAIN) return left::failed;
    state().immediate_exit = 0;
    return left::interrupted;
}

void kvm_guest::complete() {
    state().immediate_exit = 1;
    ::ioctl(vcpu_.get(), KVM_RUN, 0);
    state().immediate_exit = 0;
}

void kvm_guest::interrupt_each(std::chrono::milliseconds period) {
    struct sigaction action{};
    action.sa_handler = [](int) {
        if (auto* const vcpu = running_vcpu.load()) vcpu->immediate_exit = 1;
    };
    // Other calls go on, so that nothing of a text is lost where its reader is slow; KVM_RUN ends with EINTR all the
    // same.
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &action, nullptr);
    const timeval each{.tv_sec = period.count() / 1000, .tv_usec = period.count() % 1000 * 1000};
    const itimerval timer{.it_interval = each, .it_value = each};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
}

result<std::uint64_t> kvm_guest::read(std::uint32_t address) {
    register_batch batch{.count = 1};
    batch.entries[0].index = address;
    const auto count = ::ioctl(vcpu_.get(), get_registers, &batch);
    if (count == 1) return batch.entries[0].data;
    return std::unexpected{fault{.index = address, .cause = count == 0 ? cause::refused : cause::device_failed}};
}

result<void> kvm_guest::write(std::uint32_t address, std::uint64_t value) {
    register_batch batch{.count = 1};
    batch.entries[0] = {.index = address, .reserved = 0, .data = value};
    const auto count = ::ioctl(vcpu_.get(), set_registers, &batch);
    if (count == 1) return {};
    return std::unexpected{fault{
        .index = address, .direction = direction::write, .cause = count == 0 ? cause::refused : cause::device_failed}};
}

outcome<kvm_regs> kvm_guest::general_registers() const {
    kvm_regs general{};
    if (::ioctl(vcpu_.get(), KVM_GET_REGS, &general) != 0)
        return std::unexpected{guest_error("cannot read a virtual CPU's registers")};
    return general;
}

outcome<kvm_sregs> kvm_guest::special_registers() const {
    kvm_sregs special{};
    if (::ioctl(vcpu_.get(), KVM_GET_SREGS, &special) != 0)
        return std::unexpected{guest_error("cannot read a virtual CPU's registers")};
    return special;
}

std::string exit_name(const kvm_run& state) {
    switch (state.exit_reason) {
        case KVM_EXIT_SHUTDOWN: return "triple fault (KVM_EXIT_SHUTDOWN)";
        case KVM_EXIT_HLT: return "HLT (KVM_EXIT_HLT)";
        case KVM_EXIT_FAIL_ENTRY:
            return fmt::format("KVM_EXIT_FAIL_ENTRY, reason {:x}",
                               std::uint64_t{state.fail_entry.hardware_entry_failure_reason});
        case KVM_EXIT_INTERNAL_ERROR:
            return fmt::format("KVM_EXIT_INTERNAL_ERROR, suberror {}", std::uint32_t{state.internal.suberror});
        case KVM_EXIT_MMIO:
            return fmt::format("KVM_EXIT_MMIO, {} of {:x}", state.mmio.is_write != 0 ? "write" : "read",
                               std::uint64_t{state.mmio.phys_addr});
        case KVM_EXIT_IO: return fmt::format("KVM_EXIT_IO, port {:x}", std::uint16_t{state.io.port});
        default: return fmt::format("KVM exit reason {}", std::uint32_t{state.exit_reason});
    }
}

// A filter that denies by default needs a range; this one's bitmap denies too.
const kvm_msr_filter& deny_all_registers() {
    static std::array<std::uint8_t, 1> denied{};
    static const kvm_msr_filter filter = [] {
        kvm_msr_filter made{};
        made.flags = KVM_MSR_FILTER_DEFAULT_DENY;
        made.ranges[0] = {.flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
                          .nmsrs = static_cast<std::uint32_t>(8 * denied.size()),
                          .base = 0,
                          .bitmap = denied.data()};
        return made;
    }();
    return filter;
}

}  // namespace msr::host
