#include "tools/msr/guest/filter.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "msr/host/kvm_requests.hpp"
#include "msr/virt/kvm_filter.hpp"

namespace tool {

namespace {

// By the rows, not by a CPU's map: a filter reaches registers that no map covers.
bool is_left_to_kvm(const intercept_case& policy, std::uint32_t index, msr::direction access) {
    return std::ranges::any_of(policy.rows_of(index, access),
                               [](const row_verdict& one) { return one.row->passes && one.counts(); });
}

std::vector<msr::virt::passed_register> left_to_kvm(const intercept_case& policy) {
    std::vector<msr::virt::passed_register> result;
    for (const auto index : policy.addresses()) {
        // KVM has its own way with these; a filter can only be silent on them.
        if (!msr::virt::is_filtered_by_kvm(index)) continue;
        const auto reads = is_left_to_kvm(policy, index, msr::direction::read) ? 1U : 0U;
        const auto writes = is_left_to_kvm(policy, index, msr::direction::write) ? 2U : 0U;
        if ((reads | writes) != 0) result.push_back({index, static_cast<msr::virt::accesses>(reads | writes)});
    }
    return result;
}

}  // namespace

host::outcome<void> install_filter(host::kvm_guest& guest, const intercept_case* policy) {
    const auto passing = policy != nullptr ? left_to_kvm(*policy) : std::vector<msr::virt::passed_register>{};
    if (passing.empty()) return guest.leave_registers_to_user_space(host::deny_all_registers());
    const auto memory = std::make_unique<msr::virt::kvm_filter_storage>();
    const auto packed = msr::virt::pack(passing, *memory);
    if (!packed) return host::bad_input(fmt::format("{:#x} cannot stand in a filter", packed.error()));
    if (packed->left_out != 0)
        return host::bad_input(
            fmt::format("KVM's filter has no room for {} of the accesses that pass", packed->left_out), {},
            "msr intercept --as kvm-filter names them");
    return guest.leave_registers_to_user_space(host::kvm::kernel_filter(packed->filter));
}

}  // namespace tool
