#include <fmt/format.h>

#include "msr/context/segment_bases/checker.hpp"

namespace msr::context {

text sentence(violation one) {
    switch (one) {
        case violation::none: return "nothing is wrong";
        case violation::wrong_base_in_kernel: return "per-CPU data is reached through a base that is not the kernel's";
        case violation::user_selector: return "user mode is entered with another selector than the task had";
        case violation::user_gs_base: return "user mode is entered with another base of GS than the task had";
        case violation::user_fs_base: return "user mode is entered with another base of FS than the task had";
        case violation::kernel_base_lost:
            return "user mode is entered with KERNEL_GS_BASE not the kernel's: the next entry will not find its data";
        case violation::state_lost: return "the event returns, and the interrupted code's bases are not what they were";
        case violation::guest_base: return "the guest is entered with other bases than it had";
        case violation::rsp0_copy: return "the copy of FRED RSP0 is the task's stack, and the register is not";
        case violation::rsp0: return "user mode is entered with FRED RSP0 not the task's stack";
        case violation::not_equal: return "what should be equal is not";
        case violation::unhandled: return "nothing handles this, or there is no event to return from";
    }
    return "unknown";
}

namespace {

std::string_view happened(happening what) {
    switch (what) {
        case happening::step: return "";
        case happening::descriptor_gone: return "the descriptor is taken away: ";
        case happening::frame_refused: return "the frame is refused: ";
        case happening::interrupt: return "* an interrupt arrives";
        case happening::nmi: return "* an NMI arrives";
        case happening::machine_check: return "* a machine check arrives";
        case happening::debug: return "* a debug exception arrives";
    }
    return "";
}

bool arrives(happening what) {
    return what >= happening::interrupt;
}

// A value as the sequence calls it, where it has a name there.
std::string value_text(const program& what, value one) {
    if (one == what.kernel_base) return "kernel";
    if (one == what.other_cpus_base) return "other-cpu";
    return fmt::format("{:#x}", what.values[one]);
}

std::string bases_text(const program& what, const cpu_state& on) {
    return fmt::format("CPL{} GS {:#x} base {} inactive {}", on.user ? 3 : 0, what.values[on.gs.selector],
                       value_text(what, on.gs.base), value_text(what, on.kernel_gs_base));
}

}  // namespace

std::string step_text(const program& what, const trace_step& one) {
    std::string result(2 * static_cast<std::size_t>(one.depth), ' ');
    result += happened(one.what);
    if (one.came.trapped) return result + "* the debug exception that MOV SS held back arrives";
    if (arrives(one.what)) return result;
    if (!what.labels[one.at].empty()) result += what.labels[one.at] + ": ";
    result += what.lines[one.at];
    if (one.came.fault != exception::none) result += fmt::format("  {}", std::string_view{to_string(one.came.fault)});
    return result;
}

std::string trace_text(const program& what, const check_result& result) {
    std::string text;
    std::size_t number = 0;
    for (const auto& one : result.trace)
        text += fmt::format("{:4}  {:<48} {}\n", ++number, step_text(what, one), bases_text(what, one.after.processor));
    if (result.is == verdict::refuted) text += fmt::format("      {}\n", std::string_view{sentence(result.wrong)});
    return text;
}

}  // namespace msr::context
