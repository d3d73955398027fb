#include "lab/oracle/virtual_machine.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "lab/image/ports.hpp"
#include "lab/oracle/cases.hpp"
#include "msr/host/kvm_requests.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/ia32_efer.hpp"

namespace msr::oracle {
namespace {

using namespace host::kvm;

// A guest that has not come to another case for so many seconds hangs.
constexpr unsigned most_idle_ticks = 5;
// A guest that leaves so often in one batch without ringing will not stop doing so.
constexpr std::size_t most_strange_exits = 1000;

host::error failed(std::string what) {
    return {host::error_kind::not_possible, std::move(what), host::describe_errno(errno), {}};
}

// A signal each second makes KVM_RUN return, so that a guest that hangs is noticed.
void start_ticking() {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, nullptr);
    constexpr itimerval each_second{.it_interval = {.tv_sec = 1, .tv_usec = 0},
                                    .it_value = {.tv_sec = 1, .tv_usec = 0}};
    ::setitimer(ITIMER_REAL, &each_second, nullptr);
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

kvm_segment segment(std::uint16_t selector, std::uint8_t type, bool code) {
    return {.base = 0,
            .limit = 0xFFFFFFFF,
            .selector = selector,
            .type = type,
            .present = 1,
            .dpl = 0,
            .db = static_cast<std::uint8_t>(code ? 0 : 1),
            .s = 1,
            .l = static_cast<std::uint8_t>(code ? 1 : 0),
            .g = 1,
            .avl = 0,
            .unusable = 0,
            .padding = 0};
}

}  // namespace

guest_memory::guest_memory(std::size_t size) {
    void* const pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages != MAP_FAILED) pages_ = {static_cast<std::byte*>(pages), size};
}

guest_memory::~guest_memory() {
    if (!pages_.empty()) ::munmap(pages_.data(), pages_.size());
}

host::outcome<virtual_machine> virtual_machine::create(const settings& wanted) {
    host::descriptor system{::open("/dev/kvm", O_RDWR | O_CLOEXEC)};
    if (!system) return std::unexpected{failed("cannot open /dev/kvm")};
    host::descriptor machine{::ioctl(system.get(), KVM_CREATE_VM, 0)};
    if (!machine) return std::unexpected{failed("cannot make a virtual machine")};
    guest_memory memory{header().memory_end};
    if (memory.pages().empty()) return std::unexpected{failed("no memory for a guest")};
    virtual_machine made{std::move(system), std::move(machine), std::move(memory)};
    if (const auto prepared = made.prepare(wanted); !prepared) return std::unexpected{prepared.error()};
    start_ticking();
    return made;
}

virtual_machine::virtual_machine(host::descriptor system, host::descriptor machine, guest_memory memory)
    : system_{std::move(system)},
      machine_{std::move(machine)},
      memory_{std::move(memory)},
      image_{memory_.pages().subspan(header().load_address),
             memory_.pages().subspan(header().table, header().table_end - header().table)} {}

host::outcome<void> virtual_machine::prepare(const settings& wanted) {
    // Intel's KVM keeps pages of its own in the guest's space, for guests in real mode; this is where QEMU puts them.
    constexpr std::uint64_t pages_of_kvm = 0xFEFFC000;
    std::uint64_t identity_map = pages_of_kvm;
    ::ioctl(machine_.get(), KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
    ::ioctl(machine_.get(), KVM_SET_TSS_ADDR, pages_of_kvm + 0x1000);
    if (wanted.irqchip && ::ioctl(machine_.get(), KVM_CREATE_IRQCHIP, 0) != 0)
        return std::unexpected{failed("cannot make an irqchip")};
    if (wanted.cstates && !enable(KVM_CAP_X86_DISABLE_EXITS, KVM_X86_DISABLE_EXITS_CSTATE))
        return std::unexpected{failed("cannot leave idle states to the guest")};
    if (wanted.asked_reasons != 0 && !enable(KVM_CAP_X86_USER_SPACE_MSR, wanted.asked_reasons))
        return std::unexpected{failed("cannot have KVM ask about registers")};
    const kvm_userspace_memory_region region{.slot = 0,
                                             .flags = 0,
                                             .guest_phys_addr = 0,
                                             .memory_size = memory_.pages().size(),
                                             .userspace_addr = reinterpret_cast<std::uint64_t>(memory_.pages().data())};
    if (::ioctl(machine_.get(), KVM_SET_USER_MEMORY_REGION, &region) != 0)
        return std::unexpected{failed("cannot give a guest memory")};
    vcpu_ = host::descriptor{::ioctl(machine_.get(), KVM_CREATE_VCPU, 0)};
    if (!vcpu_) return std::unexpected{failed("cannot make a virtual CPU")};
    const auto size = ::ioctl(system_.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
    void* const state =
        ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_.get(), 0);
    if (state == MAP_FAILED) return std::unexpected{failed("cannot see the state of a virtual CPU")};
    state_ = static_cast<kvm_run*>(state);
    if (auto given = give_cpuid(wanted.cpuid); !given) return given;
    return enter_long_mode();
}

bool virtual_machine::enable(std::uint32_t capability, std::uint64_t argument) {
    kvm_enable_cap request{};
    request.cap = capability;
    request.args[0] = argument;
    return ::ioctl(machine_.get(), KVM_ENABLE_CAP, &request) == 0;
}

host::outcome<void> virtual_machine::give_cpuid(const std::vector<profile::cpuid_leaf>& leaves) {
    cpuid_batch batch;
    if (leaves.empty()) {
        if (::ioctl(system_.get(), get_supported_cpuid, &batch) != 0)
            return std::unexpected{failed("cannot ask KVM for the CPUID that it supports")};
        // KVM leaves this one to user space, and every user space sets it: the guest would not look for KVM's leaves.
        for (auto& entry : std::span{batch.entries}.first(batch.count)) {
            if (entry.function == 1) entry.ecx |= profile::hypervisor_present;
        }
    } else {
        if (leaves.size() > batch.entries.size()) {
            errno = E2BIG;
            return std::unexpected{failed("cannot give a virtual CPU its CPUID")};
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
        return std::unexpected{failed("cannot give a virtual CPU its CPUID")};
    return {};
}

// As after a boot loader: 64 bits, the image's page tables, and nothing else that is not as after reset.
host::outcome<void> virtual_machine::enter_long_mode() {
    constexpr std::uint64_t protected_and_paged = 0x80000001;
    constexpr std::uint64_t physical_address_extension = 0x20;
    kvm_sregs special{};
    if (::ioctl(vcpu_.get(), KVM_GET_SREGS, &special) != 0)
        return std::unexpected{failed("cannot read a virtual CPU's registers")};
    special.cs = segment(8, 11, true);
    special.ds = special.es = special.fs = special.gs = special.ss = segment(16, 3, false);
    special.cr0 |= protected_and_paged;
    special.cr3 = header().page_tables;
    special.cr4 |= physical_address_extension;
    special.efer = ia32_efer{special.efer}.lme(true).raw() | ia32_efer::fields::lma::mask;
    kvm_regs general{};
    general.rip = header().long_mode_entry;
    general.rflags = 2;  // its only bit that is always set
    if (::ioctl(vcpu_.get(), KVM_SET_SREGS, &special) != 0 || ::ioctl(vcpu_.get(), KVM_SET_REGS, &general) != 0)
        return std::unexpected{failed("cannot set a virtual CPU's registers")};
    return {};
}

bool virtual_machine::rings() const {
    return state_->exit_reason == KVM_EXIT_IO && state_->io.port == lab::console_port &&
           state_->io.direction == KVM_EXIT_IO_OUT;
}

std::size_t virtual_machine::current_case() {
    return std::min<std::size_t>(image_.mailbox().next, cases_);
}

bool virtual_machine::makes_progress() {
    const auto now = current_case();
    idle_ticks_ = now == std::exchange(case_at_last_tick_, now) ? idle_ticks_ + 1 : 0;
    return idle_ticks_ < most_idle_ticks;
}

std::optional<std::string> virtual_machine::run(std::uint32_t cases) {
    auto& mailbox = image_.mailbox();
    cases_ = cases;
    mailbox.count = cases;
    mailbox.next = 0;
    idle_ticks_ = 0;
    if (auto died = run_on()) return died;
    if (mailbox.event.vector != unexpected_event::none) return describe(mailbox.event);
    if (mailbox.next != cases || mailbox.count != cases) return "the guest's memory was written over";
    return std::nullopt;
}

// Until the guest rings the doorbell.
std::optional<std::string> virtual_machine::run_on() {
    for (;;) {
        if (::ioctl(vcpu_.get(), KVM_RUN, 0) != 0) {
            if (errno != EINTR && errno != EAGAIN) return "KVM_RUN: " + host::describe_errno(errno);
            if (!makes_progress()) return "it hangs";
            continue;
        }
        if (rings()) return std::nullopt;
        auto name = exit_name(*state_);
        switch (state_->exit_reason) {
            case KVM_EXIT_INTR: continue;
            case KVM_EXIT_X86_RDMSR:
            case KVM_EXIT_X86_WRMSR: let_fault(); continue;
            case KVM_EXIT_SHUTDOWN:
            case KVM_EXIT_FAIL_ENTRY:
            case KVM_EXIT_INTERNAL_ERROR: return name;
            default: strange_exits_.push_back({current_case(), name});
        }
        if (strange_exits_.size() == most_strange_exits) return name + ", again and again";
    }
}

void virtual_machine::let_fault() {
    const auto access = state_->exit_reason == KVM_EXIT_X86_RDMSR ? direction::read : direction::write;
    asked_.push_back({current_case(), access, state_->msr.index, state_->msr.reason});
    state_->msr.error = 1;
}

int virtual_machine::install(const kvm_msr_filter& filter) {
    return ::ioctl(machine_.get(), KVM_X86_SET_MSR_FILTER, &filter) == 0 ? 0 : errno;
}

result<std::uint64_t> virtual_machine::read(std::uint32_t address) {
    register_batch batch{.count = 1};
    batch.entries[0].index = address;
    const auto count = ::ioctl(vcpu_.get(), get_registers, &batch);
    if (count == 1) return batch.entries[0].data;
    return std::unexpected{fault{.index = address, .cause = count == 0 ? cause::refused : cause::device_failed}};
}

result<void> virtual_machine::write(std::uint32_t address, std::uint64_t value) {
    register_batch batch{.count = 1};
    batch.entries[0] = {.index = address, .reserved = 0, .data = value};
    const auto count = ::ioctl(vcpu_.get(), set_registers, &batch);
    if (count == 1) return {};
    return std::unexpected{fault{
        .index = address, .direction = direction::write, .cause = count == 0 ? cause::refused : cause::device_failed}};
}

}  // namespace msr::oracle
