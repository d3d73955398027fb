// The ring-0 lab: its parts in their order, and what becomes of exceptions.
//
// Interrupts stay off. Memory is where it is: pages map each address to itself.
#include "lab/image/exceptions.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/parts.hpp"
#include "lab/ring0/recovered.hpp"
#include "lab/ring0/ring3.hpp"
#include "lab/ring0/tap.hpp"
#include "msr/core/native.hpp"

namespace {

using namespace msr;
using namespace msr::ring0;

description this_cpu;
engine predicts;

text name_of(machine one) {
    switch (one) {
        case machine::bochs: return "Bochs";
        case machine::qemu: return "QEMU's TCG, which hides the faults of registers";
        case machine::other: break;
    }
    return "a machine unknown to this lab";
}

void run() {
    const auto where = this_machine();
    this_cpu.read_this_cpu();
    const auto& cpu = this_cpu.cpu();
    note(cpu.vendor_name(), " family ", cpu.family(), " model ", cpu.model(), ", on ", name_of(where));
    predicts.start(this_cpu, where == machine::bochs ? text{"bochs"} : text{});
    bridge_system_calls(cpu);
    const bool judges = where != machine::qemu;
    try_access_paths(predicts, judges);
    run_vmx_guest(this_cpu, predicts, judges);
    run_svm_guest(this_cpu, predicts, judges);
    measure_cost(cpu);
}

bool is_recovered_from(const lab::frame& interrupted) {
    using namespace lab::vector;
    if (recovered.from_any && interrupted.vector <= last_exception) return true;
    return interrupted.vector == general_protection && interrupted.error_code == 0;
}

}  // namespace

void image_exception(lab::frame* interrupted) {
    if (is_recovered_from(*interrupted) && recover(interrupted->instruction_pointer)) {
        recovered.last_vector = interrupted->vector;
        return;
    }
    if (end_visit(*interrupted)) return;
    bail_out("exception ", interrupted->vector, ", error code ", hex{interrupted->error_code}, ", at ",
             hex{interrupted->instruction_pointer}, ", page-fault address ", hex{read_cr2()});
}

void image_main() {
    load_descriptors();
    lab::load_gates(double_fault_stack);
    run();
    finish();
}
