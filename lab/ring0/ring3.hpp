// Visits to ring 3: a program of ring3.S runs there until an exception brings it back. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/image/exceptions.hpp"

namespace msr::ring0 {

/// What ring 3 sees and says, in memory of its own (ring3.S knows the order); FS and GS of ring 3 have their bases
/// here.
struct user_memory {
    std::uint64_t fs_word;  // of FS:0
    std::uint64_t gs_word;  // of GS:8
    std::uint64_t index;    // for RDMSR and WRMSR
    std::uint64_t seen_fs;  // what a program read at FS:0
    std::uint64_t seen_gs;  // and at GS:8
    std::uint64_t code;     // CS and SS after SYSRET
    std::uint64_t stack;
    std::uint64_t flags;  // RFLAGS after SYSRET
};
static_assert(offsetof(user_memory, fs_word) == 0 && offsetof(user_memory, gs_word) == 8 &&
              offsetof(user_memory, index) == 16 && offsetof(user_memory, seen_fs) == 24 &&
              offsetof(user_memory, seen_gs) == 32 && offsetof(user_memory, code) == 40 &&
              offsetof(user_memory, stack) == 48 && offsetof(user_memory, flags) == 56 && sizeof(user_memory) == 64);

/// How a visit ended.
struct return_reason {
    std::uint8_t vector;
    std::uint64_t error_code;
    std::uint64_t instruction_pointer;
};

using ring3_program = void();

/// Makes the image's part for ring 3 accessible there. Once.
void open_to_ring_3();

/// Runs a program of ring3.S in ring 3, with the direction flag set.
return_reason visit_ring_3(ring3_program* program);

/// For the handler of exceptions: whether one came from ring 3. It then continues in visit_ring_3.
bool end_visit(lab::frame& interrupted);

}  // namespace msr::ring0

extern "C" {
extern msr::ring0::user_memory ring3_memory;
// Each ends with UD2 at its own label _end, if nothing before stops it.
void ring3_system_call();
extern const char ring3_system_call_syscall[];
extern const char ring3_system_call_end[];
void ring3_rdmsr();
void ring3_wrmsr();
void ring3_swapgs();
}
