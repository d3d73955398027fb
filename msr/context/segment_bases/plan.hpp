// The cheapest way to take one task's bases off a CPU and put another's on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "msr/context/segment_bases/cpu.hpp"

namespace msr::context {

/// What a task has in FS and GS; selector and base need not agree.
struct user_bases {
    std::uint16_t fs = 0;
    std::uint64_t fs_base = 0;
    std::uint16_t gs = 0;
    std::uint64_t gs_base = 0;

    friend bool operator==(const user_bases&, const user_bases&) = default;
};

/// One instruction of a plan: what it does, and to which of the tasks' values.
enum class planned : std::uint8_t {
    swapgs,
    save_fs,
    save_fs_base,
    save_fs_base_by_msr,
    save_gs,
    save_gs_base,
    save_gs_base_by_msr,
    load_fs,
    load_gs,
    load_gs_by_lkgs,
    write_fs_base,
    write_gs_base,
    wrmsr_fs_base,
    wrmsr_gs_base,
    wrmsrns_fs_base,
    wrmsrns_gs_base,
    immediate_fs_base,
    immediate_gs_base,
    list_both_bases,
};

struct switch_plan {
    std::vector<planned> steps;
    unsigned cycles = 0;  // as assumed by cycles_of
};

/// What an instruction is taken to cost, in cycles. Assumed, from the orders of magnitude that are published; only
/// which of two is cheaper matters. A serialising write waits for everything before it.
[[nodiscard]] unsigned cycles_of(planned one, const cpu_facts& facts);

/// The plan with the fewest assumed cycles, for code that runs with interrupts off. Nothing is taken for granted of the
/// task that leaves: MOV to FS and GS works in ring 3 on every CPU, and takes the base along, so its selectors and
/// bases are read, and the other's selectors are always loaded. The plan holds for that task with these very values: a
/// base is left out only where a null selector's load makes it 0. Every order that it can choose from has the selectors
/// before the bases.
[[nodiscard]] switch_plan make_plan(const cpu_facts& facts, delivery mode, const user_bases& to);

/// Whether a plan writes both bases, so that it holds for every task and not only for what it was made for.
[[nodiscard]] bool holds_for_every_task(const switch_plan& plan);

/// The instructions in the language of sequences, a line each, between variables whose names begin with `from` and
/// `to`. The loads of selectors have labels that begin with `to`: they fault if the descriptor has gone.
[[nodiscard]] std::string plan_lines(const switch_plan& plan, std::string_view from, std::string_view to);

/// The same for people to copy: C with inline assembly.
[[nodiscard]] std::string plan_code(const switch_plan& plan);

/// A whole sequence, for the checker: both tasks in user mode, switched there and back by system calls, the first one
/// loading other selectors, and writing its bases where it can, and descriptors that may go away.
[[nodiscard]] std::string plan_sequence(const cpu_facts& facts, delivery mode, const user_bases& from,
                                        const user_bases& to);

}  // namespace msr::context
