// A virtual machine of KVM: memory from address 0 on, and one vCPU, to be run exit by exit.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <linux/kvm.h>

#include "msr/core/fault.hpp"
#include "msr/host/files.hpp"
#include "msr/profile/cpuid.hpp"

namespace msr::host {

/// Pages of this process: its own, to be given to a guest, or those of a descriptor.
class mapped_pages {
  public:
    mapped_pages() = default;
    explicit mapped_pages(std::size_t size, int of = -1);
    mapped_pages(mapped_pages&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}
    mapped_pages& operator=(mapped_pages&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    mapped_pages(const mapped_pages&) = delete;
    mapped_pages& operator=(const mapped_pages&) = delete;
    ~mapped_pages();

    /// Empty if there were none to be had.
    [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

  private:
    std::span<std::byte> bytes_;
};

class kvm_guest {
  public:
    struct settings {
        std::filesystem::path device = "/dev/kvm";
        std::size_t memory = 0;                  // bytes, whole pages
        bool irqchip = false;                    // interrupt controllers and local APIC inside KVM
        bool cstates = false;                    // deep idle states are left to the guest
        std::vector<profile::cpuid_leaf> cpuid;  // empty: all that KVM supports
    };

    /// Where the vCPU begins, with flat segments and interrupts off.
    struct start {
        std::uint64_t entry = 0;
        std::uint64_t page_tables = 0;  // guest-physical; 0: 32 bits without paging, otherwise 64 bits
        std::uint64_t descriptors = 0;  // guest-physical, of a GDT whose code segment is 8 and data segment 16; 0: none
        std::uint16_t descriptors_size = 0;  // bytes
        std::uint64_t stack = 0;
        std::uint32_t eax = 0;
        std::uint32_t ebx = 0;
    };

    enum class left : std::uint8_t {
        for_user_space,  // state() says why
        interrupted,     // a tick of interrupt_each came
        failed,          // errno says why
    };

    /// Errors: no device, no permission, refused settings.
    [[nodiscard]] static outcome<kvm_guest> create(const settings& wanted);
    kvm_guest(kvm_guest&&) = default;
    kvm_guest& operator=(kvm_guest&&) = delete;
    kvm_guest(const kvm_guest&) = delete;
    kvm_guest& operator=(const kvm_guest&) = delete;
    ~kvm_guest();

    [[nodiscard]] std::span<std::byte> memory() const { return memory_.bytes(); }
    [[nodiscard]] outcome<void> enter(const start& at);

    /// For these reasons (KVM_MSR_EXIT_REASON_*), if any, an access of a register leaves for user space instead of
    /// faulting: KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR.
    [[nodiscard]] outcome<void> ask_about_registers(std::uint32_t reasons);
    /// KVM_X86_SET_MSR_FILTER: 0, or the errno with which KVM refuses it.
    [[nodiscard]] int install(const kvm_msr_filter& filter);
    /// Both: what the filter denies, and what KVM does not know or refuses, leaves for user space.
    [[nodiscard]] outcome<void> leave_registers_to_user_space(const kvm_msr_filter& filter);

    /// Until the vCPU leaves for user space: KVM_RUN.
    [[nodiscard]] left run();
    /// Ends the instruction that left for user space, with the answer in state(), without executing another: only then
    /// is the vCPU's state its own to be changed (Linux, Documentation/virt/kvm/api.rst, 5, KVM_EXIT_IO and its note).
    void complete();
    [[nodiscard]] kvm_run& state() const { return *shared_state(); }

    /// From now on run() comes back that often at least, wherever the guest hangs; 0: no longer. One for the process:
    /// by SIGALRM.
    static void interrupt_each(std::chrono::milliseconds period);

    /// KVM_GET_MSRS and KVM_SET_MSRS of one register: msr's bus.
    [[nodiscard]] result<std::uint64_t> read(std::uint32_t address);
    [[nodiscard]] result<void> write(std::uint32_t address, std::uint64_t value);

    [[nodiscard]] outcome<kvm_regs> general_registers() const;
    [[nodiscard]] outcome<kvm_sregs> special_registers() const;

  private:
    kvm_guest(descriptor system, descriptor machine, mapped_pages memory);
    [[nodiscard]] kvm_run* shared_state() const { return reinterpret_cast<kvm_run*>(state_.bytes().data()); }
    [[nodiscard]] outcome<void> prepare(const settings& wanted);
    [[nodiscard]] bool enable(std::uint32_t capability, std::uint64_t argument);
    [[nodiscard]] outcome<void> give_cpuid(const std::vector<profile::cpuid_leaf>& leaves);

    descriptor system_;
    descriptor machine_;
    descriptor vcpu_;
    mapped_pages memory_;
    mapped_pages state_;  // shared with KVM
};

/// Why the vCPU left, by KVM's name for it.
[[nodiscard]] std::string exit_name(const kvm_run& state);

/// The filter that denies every register that a filter can deny (800H to 8FFH are beyond it).
[[nodiscard]] const kvm_msr_filter& deny_all_registers();

}  // namespace msr::host
