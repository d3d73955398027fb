// Which RDMSR and WRMSR of a guest exit, by a policy of the catalogue: docs/intercepts.md explains it. Compiled
// freestanding, as a hypervisor would.

#include "msr/catalogue/built_in.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/virt/intercepts.hpp"

namespace {

using namespace msr;
using map = virt::vmx::msr_bitmap;  // on SVM: svm::msr_permission_map

// Room for the table, made once for all virtual CPUs of a kind. policy_table::make says if it is too little.
virt::policy_word words[256];
virt::policy_part parts[256];
catalogue::term terms[256];
std::uint16_t places[256];

struct virtual_cpu {
    map bitmap;  // its physical address goes into the VMCS
    std::uint64_t allowed[256]{};
};

// Says for which registers user space wants to see the guest's accesses.
struct user_space_filter {
    [[nodiscard]] static bool allows(std::uint32_t index, direction access) {
        return index != ia32_spec_ctrl::address || access == direction::read;
    }
};

const catalogue::policy_entry* find_policy(text name) {
    for (const auto& one : catalogue::built_in().policies) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

void log(const virt::flipped_access& /*one*/) {}

}  // namespace

/// The decisions for a guest that is shown this CPU on that host.
bool make_decisions(const profile::profile& host, const profile::profile& guest, virt::policy_table<map>& into) {
    const auto* const policy = find_policy("lean");
    if (policy == nullptr) return false;
    const auto settings = virt::input_bit(catalogue::built_in().settings, "mediated_pmu");
    const auto made = virt::policy_table<map>::make(*policy, {host, guest, settings}, {words, parts, terms, places});
    if (!made) return false;
    into = *made;
    return true;
}

/// A virtual CPU: its intercepts follow what the guest and user space do.
void run(const virt::policy_table<map>& decisions) {
    static virtual_cpu cpu;
    static constexpr user_space_filter filter;
    virt::intercepts<map> intercepts{cpu.bitmap, decisions, cpu.allowed};
    // The guest's first write of IA32_SPEC_CTRL exited; the next will not.
    intercepts.change_state(virt::input_bit(catalogue::built_in().states, "spec_ctrl_nonzero_once"), true, log);
    // Unless user space wants to see it.
    intercepts.change_filter(filter, log);
}
