// The switching lab: its parts in their order, and what becomes of exceptions.
#include "lab/image/exceptions.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/switching/memory_map.hpp"
#include "lab/switching/parts.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/core/recovery.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_star.hpp"

namespace {

using namespace msr;
using namespace msr::ring0;

// Where they lead, LSTAR, is each part's own.
bool set_up_calls() {
    native_bus cpu;
    const auto enabled = update<ia32_efer>(cpu, [](ia32_efer value) { return value.sce(true); });
    const auto segments = update<ia32_star>(cpu, [](ia32_star value) {
        return value.syscall_cs_ss(selector::code).sysret_cs_ss(selector::sysret_base | selector::of_ring_3);
    });
    const auto mask = update<ia32_fmask>(cpu, [](ia32_fmask value) {
        return value.syscall_flag_mask(rflags::trap | rflags::interrupts | rflags::direction | rflags::alignment_check);
    });
    return enabled && segments && mask;
}

}  // namespace

void image_exception(msr::lab::frame* interrupted) {
    if (interrupted->vector == lab::vector::general_protection && recover(interrupted->instruction_pointer)) return;
    bail_out("exception ", interrupted->vector, ", error code ", hex{interrupted->error_code}, ", at ",
             hex{interrupted->instruction_pointer}, ", page-fault address ", hex{read_cr2()});
}

void image_main() {
    load_descriptors();
    lab::load_gates(double_fault_stack);
    switching::map_all();
    if (!check(set_up_calls(), "EFER, STAR and FMASK by typed updates")) leave_failed();
    switching::try_every_boundary();
    switching::switch_between_tasks();
    switching::compare_real_writes();
    finish();
}
