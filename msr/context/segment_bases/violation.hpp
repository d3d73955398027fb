// What can be wrong with a sequence. Freestanding.
#pragma once

#include <cstdint>

#include "msr/core/view.hpp"

namespace msr::context {

/// `none` never is.
enum class violation : std::uint8_t {
    none,
    wrong_base_in_kernel,  // per-CPU data reached through another base than the kernel's
    user_selector,         // user mode is entered with another selector than was promised
    user_gs_base,
    user_fs_base,
    kernel_base_lost,  // user mode is entered, and the next entry would not find the kernel's base
    state_lost,        // an event returns, and the bases are not what they were
    guest_base,        // a guest is entered with other bases than it had
    rsp0_copy,         // the copy of RSP0 says that the register holds the task's stack, and it does not
    rsp0,              // user mode is entered, and the next event would find another stack than the task's
    not_equal,         // what the sequence says is equal is not
    unhandled,         // an event or a fault for which there is no handler, or a return without an event
};

[[nodiscard]] constexpr text to_string(violation one) {
    switch (one) {
        case violation::none: return "none";
        case violation::wrong_base_in_kernel: return "wrong_base_in_kernel";
        case violation::user_selector: return "user_selector";
        case violation::user_gs_base: return "user_gs_base";
        case violation::user_fs_base: return "user_fs_base";
        case violation::kernel_base_lost: return "kernel_base_lost";
        case violation::state_lost: return "state_lost";
        case violation::guest_base: return "guest_base";
        case violation::rsp0_copy: return "rsp0_copy";
        case violation::rsp0: return "rsp0";
        case violation::not_equal: return "not_equal";
        case violation::unhandled: return "unhandled";
    }
    return "unknown";
}

}  // namespace msr::context
