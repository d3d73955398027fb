#include "msr/context/segment_bases/table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/library.hpp"
#include "msr/context/segment_bases/reader.hpp"

namespace msr::context {

namespace {

enum class part : std::uint8_t { gs, gs_null, gs_base, fs, fs_null, fs_base, swap };

struct mechanism {
    std::string_view name;
    std::string_view code;  // S is a selector, V a base
    operation what;
    part writes;
};

constexpr std::array mechanisms{
    mechanism{"SWAPGS, and again", "swapgs", operation::swapgs, part::swap},
    mechanism{"MOV, POP, LGS to GS", "mov gs, S", operation::mov_gs, part::gs},
    mechanism{"the same, null selector", "mov gs, 0", operation::mov_gs, part::gs_null},
    mechanism{"LKGS", "lkgs S", operation::lkgs, part::gs},
    mechanism{"LKGS, null selector", "lkgs 0", operation::lkgs, part::gs_null},
    mechanism{"WRGSBASE", "wrgsbase V", operation::wrgsbase, part::gs_base},
    mechanism{"WRMSR IA32_GS_BASE", "wrmsr IA32_GS_BASE, V", operation::wrmsr, part::gs_base},
    mechanism{"WRMSR IA32_KERNEL_GS_BASE", "wrmsr IA32_KERNEL_GS_BASE, V", operation::wrmsr, part::gs_base},
    mechanism{"WRMSRNS IA32_KERNEL_GS_BASE", "wrmsrns IA32_KERNEL_GS_BASE, V", operation::wrmsrns, part::gs_base},
    mechanism{"WRMSRNS, immediate", "wrmsrns_imm IA32_KERNEL_GS_BASE, V", operation::wrmsrns_imm, part::gs_base},
    mechanism{"WRMSRLIST", "wrmsrlist IA32_KERNEL_GS_BASE V", operation::wrmsrlist, part::gs_base},
    mechanism{"MOV, POP, LFS to FS", "mov fs, S", operation::mov_fs, part::fs},
    mechanism{"the same, null selector", "mov fs, 0", operation::mov_fs, part::fs_null},
    mechanism{"WRFSBASE", "wrfsbase V", operation::wrfsbase, part::fs_base},
    mechanism{"WRMSR IA32_FS_BASE", "wrmsr IA32_FS_BASE, V", operation::wrmsr, part::fs_base},
};

// What is put around it, from little to much; X is the instruction.
struct guard {
    std::string_view name;
    std::string_view code;
};

constexpr std::array guards{
    guard{"", "X\n"},
    guard{"interrupts are off", "cli\nX\nsti\n"},
    guard{"the whole base is written after it", "X\nWHOLE\n"},
    guard{"it stands between two SWAPGS with interrupts off", "cli\nswapgs\nX\nswapgs\nsti\n"},
    guard{"it stands between two SWAPGS with interrupts off, and the whole base is written after it",
          "cli\nswapgs\nX\nswapgs\nsti\nWHOLE\n"},
};

constexpr std::string_view selector = "0x33";
constexpr std::string_view base = "0x7d0000005000";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

std::string instruction_of(const mechanism& one) {
    auto code =
        replaced(replaced(std::string{one.code}, " V", fmt::format(" {}", base)), " S", fmt::format(" {}", selector));
    return one.writes == part::swap ? code + "\n" + code : code;
}

// What the user is to find after it.
std::string promises(part what) {
    switch (what) {
        case part::gs: return fmt::format("promise gs {}\npromise gs_base {}\n", selector, base);
        case part::gs_null: return "promise gs 0\npromise gs_base 0\n";
        case part::gs_base: return fmt::format("promise gs_base {}\n", base);
        case part::fs: return fmt::format("promise fs {}\npromise fs_base {}\n", selector, base);
        case part::fs_null: return "promise fs 0\npromise fs_base 0\n";
        case part::fs_base: return fmt::format("promise fs_base {}\n", base);
        default: return "";
    }
}

std::string whole_base(part what) {
    const bool fs = what == part::fs || what == part::fs_null;
    const bool null = what == part::gs_null || what == part::fs_null;
    return fmt::format("wrmsr {}, {}", fs ? "IA32_FS_BASE" : "IA32_KERNEL_GS_BASE", null ? "0" : base);
}

// A kernel that does it in the middle of its work, and goes back to user mode.
std::string use(const mechanism& one, const guard& around, std::string_view more = "",
                std::string_view condition = "") {
    const auto code =
        replaced(replaced(std::string{around.code}, "WHOLE", whole_base(one.writes)), "X", instruction_of(one));
    return fmt::format(
        "title use\nexpect safe\nmodes idt fred\n"
        "task A gs=0x2b gs_base=0x7f0000001000 fs=0x2b fs_base=0x7f0000002000 rsp0=0xffffc90000008000\n"
        "descriptor 0x2b base 0\ndescriptor {} base 0x10000000 {}\nevents irq nmi mc db\ndepth 2\n{}"
        "start run kernel A\nrun:\npercpu\n{}percpu\n{}jmp leave\n",
        selector, condition, more, code, promises(one.writes));
}

// The CPUs that differ in what matters here: Intel's, AMD's before and after they said that null selectors clear the
// base.
constexpr cpu_facts everything{
    .fsgsbase = true, .fred = true, .lkgs = true, .wrmsrns = true, .msr_imm = true, .msrlist = true, .rdpid = true};

cpu_facts keeping_base() {
    auto facts = everything;
    facts.null_clears_base = false;
    return facts;
}

program read_use(const std::string& text, delivery mode, const cpu_facts& facts) {
    auto result = read("use", text, mode, facts);
    return result ? std::move(*result) : program{};
}

// What the instruction changes, found by running it once.
std::string effect(const mechanism& one, delivery mode, const cpu_facts& facts) {
    constexpr guard alone{"", "X\n"};
    auto single = one;
    if (one.writes == part::swap) single.writes = part::gs_base;  // one is looked at, not two
    auto code = read_use(use(single, alone), mode, facts);
    interned<stack_frame> frames;
    frames.add({});
    machine runs{code, facts, mode, frames};
    auto state = runs.first();
    (void)runs.apply(state, happening::step);  // the access to per-CPU data before it
    const auto before = state.processor;
    const auto came = runs.apply(state, happening::step);
    const auto& after = state.processor;
    if (came->fault != exception::none) return fmt::format("nothing: {}", std::string_view{to_string(came->fault)});
    std::string result;
    const auto say = [&](bool changed, std::string_view what) {
        if (changed) result += fmt::format("{}{}", result.empty() ? "" : ", ", what);
    };
    const auto sized = [&](std::string_view what, value now) {
        const auto bits = code.values[now];
        if (bits == 0) return fmt::format("{} := 0", what);
        return fmt::format("{}{}", what, bits >> 32U == 0 ? " (32 bits)" : "");
    };
    if (before.gs.base == after.kernel_gs_base && before.kernel_gs_base == after.gs.base)
        return "exchanges active and inactive base";
    say(before.gs.selector != after.gs.selector || before.fs.selector != after.fs.selector, "selector");
    say(before.gs.base != after.gs.base, sized("active base", after.gs.base));
    say(before.kernel_gs_base != after.kernel_gs_base, sized("inactive base", after.kernel_gs_base));
    say(before.fs.base != after.fs.base, sized("base of FS", after.fs.base));
    return result;
}

// Every CPU with LKGS or FRED has null selectors clear the base.
bool can_keep_base(const mechanism& one, delivery mode) {
    return mode == delivery::idt && one.what != operation::lkgs;
}

std::string effects(const mechanism& one, delivery mode) {
    auto usual = effect(one, mode, everything);
    if (!can_keep_base(one, mode)) return usual;
    const auto keeps = effect(one, mode, keeping_base());
    if (usual == keeps) return usual;
    return fmt::format("{}; AMD without NullSelectorClearsBase: {}", usual, keeps);
}

// The exceptions that the CPU can raise for it, in the kernel.
std::string faults(const mechanism& one, delivery mode) {
    constexpr guard alone{"", "X\n"};
    std::vector<exception> found;
    const auto probe = [&](const std::string& text) {
        auto code = read_use(text, mode, everything);
        interned<stack_frame> frames;
        frames.add({});
        machine runs{code, everything, mode, frames};
        auto state = runs.first();
        (void)runs.apply(state, happening::step);
        const auto came = runs.apply(state, happening::step);
        if (came && came->fault != exception::none && std::ranges::find(found, came->fault) == found.end())
            found.push_back(came->fault);
    };
    for (const std::string_view condition : {"", "invalid", "absent", "unmapped"})
        probe(use(one, alone, "", condition));
    probe(replaced(use(one, alone), base, "0x800000000000"));
    std::string result;
    for (const auto which : found)
        result += fmt::format("{}{}", result.empty() ? "" : ", ", std::string_view{to_string(which)});
    return result;
}

check_result check_use(const std::string& text, delivery mode, const cpu_facts& facts) {
    auto code = read_use(text, mode, facts);
    return check(code, facts, mode);
}

// When it goes wrong, in a few words.
std::string unsafe(const mechanism& one, delivery mode) {
    const auto result = check_use(use(one, guards[0]), mode, everything);
    if (result.is != verdict::refuted) return "";
    const auto arrived =
        std::ranges::find_if(result.trace, [](const auto& step) { return step.what >= happening::interrupt; });
    const auto when = arrived == result.trace.end() ? "always" : "when an event arrives";
    const auto faulted =
        std::ranges::any_of(result.trace, [](const auto& step) { return step.came.fault != exception::none; });
    return faulted ? "always: it faults" : fmt::format("{}: {}", when, std::string_view{sentence(result.wrong)});
}

// Every CPU counts: what is safe on some only is not.
bool safe_everywhere(const mechanism& one, const std::string& text, delivery mode) {
    if (check_use(text, mode, everything).is != verdict::safe) return false;
    return !can_keep_base(one, mode) || check_use(text, mode, keeping_base()).is == verdict::safe;
}

std::string safe_if(const mechanism& one, delivery mode) {
    for (const auto& around : guards) {
        if (!safe_everywhere(one, use(one, around), mode)) continue;
        std::string result{around.name};
        const auto also = [&](std::string_view what) {
            result += fmt::format("{}{}", result.empty() ? "" : "; ", what);
        };
        // Without the way out to user mode, which asks for the same of every kernel under the IDT.
        const auto trusting =
            replaced(use(one, around, "handler nmi plain\nhandler mc plain\nhandler db plain\n"), "jmp leave", "halt");
        if (!safe_everywhere(one, trusting, mode)) also("NMI, #MC and #DB look at the base");
        if (!safe_everywhere(one, use(one, around, "", "unsteady"), mode))
            also("its faults have a way out of their own");
        return result.empty() ? "yes" : result;
    }
    return "";
}

std::string serialises(const mechanism& one) {
    switch (one.what) {
        case operation::wrmsr: return "yes; AMD with FsGsKernelGsBaseNonSerializing: no";
        default: return "no";
    }
}

std::string proven_in(const mechanism& one, delivery mode) {
    constexpr std::size_t enough = 2;
    std::string result;
    std::size_t count = 0;
    for (const auto& sequence : library()) {
        const auto code = read(sequence.name, sequence.text, mode);
        if (!code || code->expected != violation::none || !(mode == delivery::idt ? code->in_idt : code->in_fred))
            continue;
        const auto uses = [&](const instruction& step) {
            const std::string_view line = code->lines[static_cast<std::size_t>(&step - code->code.data())];
            if (step.line == 0 || step.what != one.what) return false;
            if (one.what == operation::wrmsr) return line.starts_with(one.code.substr(0, one.code.find(',')));
            const bool null = one.writes == part::gs_null || one.writes == part::fs_null;
            return null == line.ends_with(" 0");
        };
        if (!std::ranges::any_of(code->code, uses) || ++count > enough) continue;
        result += fmt::format("{}`{}`", result.empty() ? "" : ", ", sequence.name);
    }
    return result;
}

}  // namespace

std::vector<mechanism_row> mechanism_table() {
    std::vector<mechanism_row> result;
    for (const auto mode : {delivery::idt, delivery::fred}) {
        for (const auto& one : mechanisms) {
            result.push_back({.mechanism = std::string{one.name},
                              .mode = mode,
                              .writes = effects(one, mode),
                              .faults = faults(one, mode),
                              .unsafe = unsafe(one, mode),
                              .safe_if = safe_if(one, mode),
                              .serialises = serialises(one)});
            if (auto& row = result.back(); !row.safe_if.empty()) row.proven_in = proven_in(one, mode);
        }
    }
    return result;
}

std::string table_text(const std::vector<mechanism_row>& rows) {
    std::string result;
    for (const auto mode : {delivery::idt, delivery::fred}) {
        result += fmt::format("{}### Events by {}\n\n", result.empty() ? "" : "\n",
                              mode == delivery::idt ? "the IDT" : "FRED");
        result +=
            "| mechanism | writes | faults | unsafe by itself | safe if | serialises | proven in |\n"
            "|---|---|---|---|---|---|---|\n";
        for (const auto& row : rows) {
            if (row.mode != mode) continue;
            const bool never = row.safe_if.empty();
            result += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", row.mechanism, row.writes, row.faults,
                                  row.unsafe.empty() ? "no" : row.unsafe,
                                  never ? "nothing that was tried" : row.safe_if, row.serialises, row.proven_in);
        }
    }
    return result;
}

}  // namespace msr::context
