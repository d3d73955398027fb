// For tests of transactions: a machine of two CPUs that two processes can share, with failures on demand.
#pragma once

#include <array>
#include <functional>
#include <new>
#include <span>

#include <sys/mman.h>

#include "msr/host/transaction.hpp"

namespace msr::host {

inline constexpr std::uint32_t control = 0x10;
inline constexpr std::uint32_t second = 0x11;
inline constexpr std::uint64_t all_bits = ~std::uint64_t{0};

// Two CPUs whose registers are in memory that a child process shares with its parent, with failures on demand.
class shared_machine final : public machine {
  public:
    shared_machine()
        : values_{new(::mmap(nullptr, sizeof(values), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                      values{}} {}
    ~shared_machine() override { ::munmap(values_, sizeof(values)); }
    shared_machine(const shared_machine&) = delete;
    shared_machine& operator=(const shared_machine&) = delete;
    shared_machine(shared_machine&&) = delete;
    shared_machine& operator=(shared_machine&&) = delete;

    std::function<void()> point = [] {};                                  // before and after each write
    std::function<bool(std::uint32_t cpu, std::uint64_t value)> refuses;  // a write
    std::function<bool(std::uint32_t cpu)> refuses_read = [](auto) { return false; };
    std::function<std::uint64_t(std::uint32_t cpu, std::uint64_t value)> stores = [](auto, auto value) {
        return value;
    };
    bool shared_by_all = false;  // one register for both CPUs

    [[nodiscard]] std::uint64_t& at(std::uint32_t cpu, std::uint32_t address) const {
        return (*values_)[shared_by_all ? 0 : cpu][address - control];
    }
    [[nodiscard]] source kind() const override { return source::linux_device; }
    [[nodiscard]] const host::identity& identity() const override { return identity_; }
    [[nodiscard]] std::span<const std::uint32_t> cpus() const override { return cpus_; }
    [[nodiscard]] view<profile::cpuid_leaf> cpuid(std::uint32_t) override { return {}; }
    [[nodiscard]] readings read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                                const progress&) override {
        readings table{cpus, addresses};
        for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
            for (std::size_t one = 0; one < addresses.size(); ++one) {
                if (refuses_read(cpus[cpu])) {
                    table.row(cpu)[one] = std::unexpected{fault{addresses[one], cpus[cpu]}};
                } else {
                    table.row(cpu)[one] = at(cpus[cpu], addresses[one]);
                }
            }
        }
        return table;
    }
    [[nodiscard]] result<void> write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) override {
        point();
        if (refuses && refuses(cpu, value)) return std::unexpected{fault{address, cpu, direction::write}};
        at(cpu, address) = stores(cpu, value);
        point();
        return {};
    }

  private:
    using values = std::array<std::array<std::uint64_t, 2>, 2>;
    values* values_;
    std::array<std::uint32_t, 2> cpus_{0, 1};
    host::identity identity_;
};

inline register_write from_to(std::uint32_t cpu, std::uint64_t old, std::uint64_t value,
                              std::uint32_t address = control) {
    return {.cpu = cpu,
            .address = address,
            .name = "CONTROL",
            .old = old,
            .value = value,
            .result = value,
            .steady = all_bits,
            .back = old};
}

}  // namespace msr::host
