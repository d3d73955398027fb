// A guest's general registers. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msr::ring0 {

/// The guest's general registers while the hypervisor runs; *_entry.S knows the order.
struct general_registers {
    std::uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
};
static_assert(offsetof(general_registers, rax) == 0 && offsetof(general_registers, rcx) == 8 &&
              offsetof(general_registers, rdx) == 16 && offsetof(general_registers, rbx) == 24 &&
              offsetof(general_registers, rbp) == 32 && offsetof(general_registers, rsi) == 40 &&
              offsetof(general_registers, rdi) == 48 && offsetof(general_registers, r8) == 56 &&
              offsetof(general_registers, r9) == 64 && offsetof(general_registers, r10) == 72 &&
              offsetof(general_registers, r11) == 80 && offsetof(general_registers, r12) == 88 &&
              offsetof(general_registers, r13) == 96 && offsetof(general_registers, r14) == 104 &&
              offsetof(general_registers, r15) == 112);

}  // namespace msr::ring0
