// System calls: SYSCALL's registers, and the segment bases that go with them.

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"
#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

row selectors(const register_view& star) {
    return {.label = "selectors",
            .text = selectors_in_words(star),
            .says = {star.says_hex("SYSCALL_CS_SS"), star.says_hex("SYSRET_CS_SS")}};
}

// CR4.FRED cannot be read here; but a system that sets it has first said where events enter.
bool enters_by_fred(const cpu_values& cpu) {
    return cpu.at("IA32_FRED_CONFIG").raw() != 0;
}

row entry_point(const cpu_values& cpu, const register_view& lstar, const surroundings& where) {
    row result{.label = "LSTAR", .text = {}, .says = {lstar.says("RIP")}};
    const auto target = lstar.raw();
    if (enters_by_fred(cpu)) {
        const auto fred = cpu.at("IA32_FRED_CONFIG");
        result.text =
            "not used, nor are CSTAR and SFMASK: system calls enter through FRED, and Linux leaves LSTAR alone";
        result.says = {cpu.feature("fred"), fred.says("EVENT_HANDLER"), lstar.says("RIP")};
    } else if (const auto fred = cpu.at("IA32_FRED_CONFIG"); fred.exists() && !fred) {
        result.text = "not judged: whether FRED takes its place is not known";
        result.says.push_back(fred.says_all());
    } else if (where.kernel.address == 0) {
        result.text = "entry of 64-bit code";
        result.note = where.live ? "not compared with the kernel: " + where.kernel.why_unknown : "";
    } else if (target == where.kernel.address) {
        result.text = "is entry_SYSCALL_64, as /proc/kallsyms has it";
    } else {
        result.text = fmt::format("is not entry_SYSCALL_64, which /proc/kallsyms has at {:#x}", where.kernel.address);
        result.note = "something has redirected this CPU's system calls";
        result.finding = true;
    }
    return result;
}

row compatibility_entry(const cpu_values& cpu, const register_view& cstar) {
    const bool refused = cpu.cpu().vendor_name() == "intel";
    return {.label = "CSTAR",
            .text = refused ? "never reached: Intel CPUs refuse SYSCALL in compatibility mode"
                            : "entry of 32-bit code in compatibility mode",
            .says = {cstar.says("RIP")}};
}

row bases(const cpu_values& cpu, const surroundings& where) {
    const auto fs = cpu.at("IA32_FS_BASE");
    const auto gs = cpu.at("IA32_GS_BASE");
    const auto kernel_gs = cpu.at("IA32_KERNEL_GS_BASE");
    if (!fs || !gs || !kernel_gs) return {.label = "FS, GS", .text = "not known: " + (fs ? gs : fs).why_not()};
    // The driver reads in the kernel, after SWAPGS.
    const auto* const text = where.virtual_cpu
                                 ? "as a CPU has them that no program runs on"
                                 : "the reading program's FS, the kernel's GS, and the program's GS behind SWAPGS";
    return {.label = "FS, GS",
            .text = text,
            .says = {fs.says("BASE"), gs.says("BASE"), kernel_gs.says("BASE")},
            .sample = 0};
}

}  // namespace

section system_calls(const cpu_values& cpu, const surroundings& where) {
    section result{"system_calls", "System calls"};
    const auto efer = cpu.at("IA32_EFER");
    if (!efer.exists()) return result;
    if (!efer) {
        result.rows.push_back({.label = "SYSCALL", .text = "not known: " + efer.why_not(), .says = {efer.says_all()}});
        return result;
    }
    const bool on = efer.is_set("SCE");
    result.rows.push_back({.label = "SYSCALL",
                           .text = on ? "enabled" : "disabled: it raises #UD",
                           .says = {efer.says("SCE"), efer.says("LMA"), efer.says("NXE")}});
    if (const auto star = cpu.at("IA32_STAR"); star && on) result.rows.push_back(selectors(star));
    if (const auto lstar = cpu.at("IA32_LSTAR"); lstar && on) result.rows.push_back(entry_point(cpu, lstar, where));
    const bool used = on && !enters_by_fred(cpu);
    if (const auto cstar = cpu.at("IA32_CSTAR"); cstar && used) result.rows.push_back(compatibility_entry(cpu, cstar));
    if (const auto mask = cpu.at("IA32_FMASK"); mask && used) {
        result.rows.push_back({.label = "SFMASK",
                               .text = "SYSCALL clears " + flags_in_words(mask.get("SYSCALL_FLAG_MASK")),
                               .says = {mask.says_hex("SYSCALL_FLAG_MASK")}});
    }
    if (cpu.at("IA32_FS_BASE").exists()) result.rows.push_back(bases(cpu, where));
    return result;
}

}  // namespace tool::report
