// A stepped guest as it was: saved, put back, and compared.
#include "lab/ring0/value_of.hpp"
#include "lab/switching/guest_state.hpp"
#include "lab/switching/memory_map.hpp"
#include "lab/switching/stepped_guest.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"

namespace msr::switching {
namespace {

using namespace ring0;
using namespace guest_state;

// What code changes, as far as the VMCS holds it. The first three say where the guest is.
constexpr vmcs changing[]{
    vmcs::guest_rip,
    vmcs::guest_rsp,
    vmcs::guest_rflags,
    selector_of(cs),
    rights_of(cs),
    selector_of(ss),
    rights_of(ss),
    selector_of(fs),
    base_of(fs),
    selector_of(gs),
    base_of(gs),
    rights_of(fs),
    limit_of(fs),
    rights_of(gs),
    limit_of(gs),
    limit_of(cs),
    base_of(ss),
    limit_of(ss),
    vmcs::guest_interruptibility,
    vmcs::guest_pending_debug,
    vmcs::guest_activity,
};
constexpr std::size_t compared = 11;  // of these; the rest follows from them, or passes
static_assert(count_of(changing) <= guest_snapshot::most_fields);

template <class Value>
bool same_bytes(const Value& one, const Value& other) {
    const auto* const left = reinterpret_cast<const std::uint64_t*>(&one);
    const auto* const right = reinterpret_cast<const std::uint64_t*>(&other);
    for (std::size_t at = 0; at < sizeof(Value) / sizeof(std::uint64_t); ++at) {
        if (left[at] != right[at]) return false;
    }
    return true;
}

}  // namespace

void stepped_guest::save(guest_snapshot& into) const {
    into.general = general_;
    for (std::size_t at = 0; at < count_of(changing); ++at)
        into.fields[at] = vmread(changing[at]);
    into.kernel_gs_base = kernel_gs_base();
    if (has_tsc_aux_) into.tsc_aux = value_of(ia32_tsc_aux::address);
    into.percpu = percpu();
    __builtin_memcpy(into.memory, guest_memory, memory_size());
}

void stepped_guest::restore(const guest_snapshot& from) {
    general_ = from.general;
    unblock_nmi();
    for (std::size_t at = 0; at < count_of(changing); ++at)
        vmwrite(changing[at], from.fields[at]);
    vmwrite(vmcs::entry_interruption, 0);
    (void)write(native_bus{}, ia32_kernel_gs_base{from.kernel_gs_base});
    if (has_tsc_aux_) (void)native_bus{}.write(ia32_tsc_aux::address, from.tsc_aux);
    percpu() = from.percpu;
    __builtin_memcpy(guest_memory, from.memory, memory_size());
}

bool stepped_guest::is_again_at(const guest_snapshot& earlier) const {
    for (std::size_t at = 0; at < compared; ++at) {
        if (vmread(changing[at]) != earlier.fields[at]) return false;
    }
    const auto* const variables = reinterpret_cast<const std::uint64_t*>(earlier.memory);
    for (std::size_t at = 0; at < most_variables; ++at) {
        if (guest_variables[at] != variables[at]) return false;
    }
    return kernel_gs_base() == earlier.kernel_gs_base && same_bytes(general_, earlier.general) &&
           same_bytes(percpu(), earlier.percpu);
}

}  // namespace msr::switching
