#include "msr/host/kvm_machine.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "msr/host/kvm_device.hpp"
#include "msr/host/kvm_requests.hpp"

namespace msr::host {
namespace {

using namespace kvm;
using profile::cpuid_leaf;

std::vector<cpuid_leaf> sorted_leaves(const cpuid_batch& batch) {
    std::vector<cpuid_leaf> leaves;
    for (const auto& entry : std::span{batch.entries}.first(batch.count)) {
        leaves.push_back({entry.function, entry.index, {entry.eax, entry.ebx, entry.ecx, entry.edx}});
    }
    std::ranges::sort(leaves, {}, [](const cpuid_leaf& one) { return std::pair{one.leaf, one.subleaf}; });
    return leaves;
}

// struct kvm_msr_list: a count, then so many addresses. Empty where this KVM has no such list.
std::vector<std::uint32_t> address_list(int system, unsigned long request) {
    std::vector<std::uint32_t> list{0};
    // Asked with no room, KVM answers E2BIG and how much it needs.
    if (::ioctl(system, request, list.data()) != 0 && errno != E2BIG) return {};
    list.resize(1 + std::size_t{list[0]});
    if (::ioctl(system, request, list.data()) != 0) return {};
    list.erase(list.begin());
    std::ranges::sort(list);
    return list;
}

std::string describe(const std::filesystem::path& device) {
    auto text = "a virtual CPU of " + device.string() + ", not this machine's own";
    // With this switch KVM answers 0 for registers that are not there: no refusal can be trusted to show.
    const auto ignores = read_file("/sys/module/kvm/parameters/ignore_msrs", 16);
    if (ignores && (ignores->starts_with('Y') || ignores->starts_with('1'))) {
        text += " (kvm.ignore_msrs is on: absent registers read as 0)";
    }
    return text;
}

/// Reads addresses in order, as many in one call as KVM takes, into the places of `row`.
class batch_reader {
  public:
    batch_reader(int vcpu, std::span<const std::uint32_t> addresses, std::span<result<std::uint64_t>> row)
        : vcpu_{vcpu}, addresses_{addresses}, row_{row} {}

    [[nodiscard]] std::size_t done() const { return done_; }
    [[nodiscard]] bool finished() const { return done_ == addresses_.size(); }

    /// One call. KVM stops at the first register that it refuses and returns how many it read: that one is left to
    /// the caller (true, at done()) to settle and skip().
    [[nodiscard]] bool stopped_at_refusal() {
        const auto part = addresses_.subspan(done_).first(std::min(most_entries, addresses_.size() - done_));
        batch_.count = static_cast<std::uint32_t>(part.size());
        for (std::size_t at = 0; at < part.size(); ++at) {
            batch_.entries[at] = {.index = part[at], .reserved = 0, .data = 0};
        }
        const auto count = ::ioctl(vcpu_, get_registers, &batch_);
        if (count < 0) {
            fail_all();
            return false;
        }
        const auto read = static_cast<std::size_t>(count);
        for (std::size_t at = 0; at < read; ++at) {
            row_[done_ + at] = batch_.entries[at].data;
        }
        done_ += read;
        return read < part.size();
    }

    void skip(result<std::uint64_t> value) { row_[done_++] = value; }

  private:
    void fail_all() {
        for (; !finished(); ++done_) {
            row_[done_] = std::unexpected{fault{addresses_[done_], 0, direction::read, cause::device_failed}};
        }
    }

    int vcpu_;
    std::span<const std::uint32_t> addresses_;
    std::span<result<std::uint64_t>> row_;
    std::size_t done_ = 0;
    register_batch batch_{};
};

}  // namespace

outcome<kvm_machine> kvm_machine::open(const std::filesystem::path& device) {
    auto system = open_kvm(device);
    if (!system) return std::unexpected{system.error()};
    descriptor vm{::ioctl(system->get(), KVM_CREATE_VM, 0)};
    if (!vm) return std::unexpected{vcpu_error(device, errno)};
    descriptor vcpu{::ioctl(vm.get(), KVM_CREATE_VCPU, 0)};
    if (!vcpu) return std::unexpected{vcpu_error(device, errno)};
    cpuid_batch supported;
    if (::ioctl(system->get(), get_supported_cpuid, &supported) != 0 ||
        ::ioctl(vcpu.get(), set_cpuid, &supported) != 0) {
        return std::unexpected{vcpu_error(device, errno)};
    }
    kvm_machine opened{std::move(*system), std::move(vm), std::move(vcpu), sorted_leaves(supported)};
    opened.identity_ = this_host(source::kvm, describe(device));
    return opened;
}

kvm_machine::kvm_machine(descriptor system, descriptor vm, descriptor vcpu, std::vector<cpuid_leaf> leaves)
    : system_{std::move(system)},
      vm_{std::move(vm)},
      vcpu_{std::move(vcpu)},
      cpuid_{std::move(leaves)},
      listed_{address_list(system_.get(), get_register_list)},
      features_{address_list(system_.get(), get_feature_list)} {}

view<cpuid_leaf> kvm_machine::cpuid(std::uint32_t cpu) {
    if (cpu != cpus_.front()) return {};
    return cpuid_;
}

result<std::uint64_t> kvm_machine::refused_by_vcpu(std::uint32_t address) const {
    // Only listed ones: for others the system descriptor may answer 0 without knowing the register.
    if (std::ranges::binary_search(features_, address)) {
        register_batch batch{.count = 1};
        batch.entries[0].index = address;
        if (::ioctl(system_.get(), get_registers, &batch) == 1) return batch.entries[0].data;
    }
    return std::unexpected{fault{address, 0, direction::read, cause::refused}};
}

readings kvm_machine::read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                           const progress& report) {
    readings table{cpus, addresses};
    const auto total = cpus.size() * addresses.size();
    for (std::size_t position = 0; position < cpus.size(); ++position) {
        const auto row = table.row(position);
        if (cpus[position] != cpus_.front()) {
            std::ranges::transform(addresses, row.begin(), [&](std::uint32_t address) -> result<std::uint64_t> {
                return std::unexpected{fault{address, cpus[position], direction::read, cause::cpu_offline}};
            });
            continue;
        }
        batch_reader batches{vcpu_.get(), addresses, row};
        while (!batches.finished()) {
            if (batches.stopped_at_refusal()) batches.skip(refused_by_vcpu(addresses[batches.done()]));
            if (report) report((position * addresses.size()) + batches.done(), total);
        }
    }
    return table;
}

result<void> kvm_machine::write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) {
    const auto failed = [&](cause why) { return std::unexpected{fault{address, cpu, direction::write, why}}; };
    if (cpu != cpus_.front()) return failed(cause::cpu_offline);
    register_batch batch{.count = 1};
    batch.entries[0] = {.index = address, .reserved = 0, .data = value};
    const auto count = ::ioctl(vcpu_.get(), set_registers, &batch);
    if (count < 0) return failed(cause::device_failed);
    if (count == 0) return failed(cause::refused);
    return {};
}

}  // namespace msr::host
