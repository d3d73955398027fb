// The lab's parts, one a file. Each says what it finds in TAP lines.
#pragma once

#include "lab/ring0/engine.hpp"
#include "msr/profile/profile.hpp"

namespace msr::ring0 {

void bridge_system_calls(const profile::profile& cpu);

/// Each outcome as the engine predicts it. `judges`: whether this machine raises the faults of a CPU.
void try_access_paths(engine& predicts, bool judges);

/// A guest's MSRs under a hypervisor of ours. `hardware` predicts what the guest reaches itself.
void run_vmx_guest(const description& host, engine& hardware, bool judges);
void run_svm_guest(const description& host, engine& hardware, bool judges);

/// Cycles of RDMSR and WRMSR.
void measure_cost(const profile::profile& cpu);

}  // namespace msr::ring0
