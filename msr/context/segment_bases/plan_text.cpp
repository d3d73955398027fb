#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "msr/context/segment_bases/plan.hpp"

namespace msr::context {

namespace {

// How a step is written: in the language of sequences, where {0} and {1} are the tasks, and in C.
struct written_step {
    planned what;
    std::string_view line;
    std::string_view code;
};

constexpr std::array written{
    written_step{planned::swapgs, "swapgs", R"(asm volatile("swapgs" ::: "memory");)"},
    written_step{planned::save_fs, "mov {0}_fs, fs", R"(asm volatile("mov %%fs, %0" : "=r"(from->fs));)"},
    written_step{planned::save_gs, "mov {0}_gs, gs", R"(asm volatile("mov %%gs, %0" : "=r"(from->gs));)"},
    written_step{planned::save_fs_base, "rdfsbase {0}_fs_base",
                 R"(asm volatile("rdfsbase %0" : "=r"(from->fs_base));)"},
    written_step{planned::save_fs_base_by_msr, "rdmsr {0}_fs_base, IA32_FS_BASE",
                 "from->fs_base = rdmsr(IA32_FS_BASE);"},
    written_step{planned::save_gs_base, "rdgsbase {0}_gs_base",
                 R"(asm volatile("rdgsbase %0" : "=r"(from->gs_base));)"},
    written_step{planned::save_gs_base_by_msr, "rdmsr {0}_gs_base, IA32_KERNEL_GS_BASE",
                 "from->gs_base = rdmsr(IA32_KERNEL_GS_BASE);"},
    written_step{planned::load_fs, "mov fs, {1}_fs",
                 R"(asm volatile("mov %0, %%fs" : : "r"(to->fs));    /* can fault */)"},
    written_step{planned::load_gs, "mov gs, {1}_gs",
                 R"(asm volatile("mov %0, %%gs" : : "r"(to->gs));    /* can fault, on the user's base */)"},
    written_step{planned::load_gs_by_lkgs, "lkgs {1}_gs",
                 R"(asm volatile("lkgs %0" : : "r"(to->gs));         /* can fault */)"},
    written_step{planned::write_fs_base, "wrfsbase {1}_fs_base",
                 R"(asm volatile("wrfsbase %0" : : "r"(to->fs_base));)"},
    written_step{planned::write_gs_base, "wrgsbase {1}_gs_base",
                 R"(asm volatile("wrgsbase %0" : : "r"(to->gs_base));)"},
    written_step{planned::wrmsr_fs_base, "wrmsr IA32_FS_BASE, {1}_fs_base", "wrmsr(IA32_FS_BASE, to->fs_base);"},
    written_step{planned::wrmsr_gs_base, "wrmsr IA32_KERNEL_GS_BASE, {1}_gs_base",
                 "wrmsr(IA32_KERNEL_GS_BASE, to->gs_base);"},
    written_step{planned::wrmsrns_fs_base, "wrmsrns IA32_FS_BASE, {1}_fs_base", "wrmsrns(IA32_FS_BASE, to->fs_base);"},
    written_step{planned::wrmsrns_gs_base, "wrmsrns IA32_KERNEL_GS_BASE, {1}_gs_base",
                 "wrmsrns(IA32_KERNEL_GS_BASE, to->gs_base);"},
    written_step{planned::immediate_fs_base, "wrmsrns_imm IA32_FS_BASE, {1}_fs_base",
                 R"(asm volatile("wrmsrns %0, %1" : : "r"(to->fs_base), "i"(IA32_FS_BASE));)"},
    written_step{planned::immediate_gs_base, "wrmsrns_imm IA32_KERNEL_GS_BASE, {1}_gs_base",
                 R"(asm volatile("wrmsrns %0, %1" : : "r"(to->gs_base), "i"(IA32_KERNEL_GS_BASE));)"},
    written_step{planned::list_both_bases, "wrmsrlist IA32_FS_BASE {1}_fs_base IA32_KERNEL_GS_BASE {1}_gs_base",
                 "wrmsrlist({{IA32_FS_BASE, to->fs_base}}, {{IA32_KERNEL_GS_BASE, to->gs_base}});"},
};

const written_step& how(planned one) {
    return *std::ranges::find(written, one, &written_step::what);
}

bool loads_selector(planned one) {
    return one == planned::load_fs || one == planned::load_gs || one == planned::load_gs_by_lkgs;
}

}  // namespace

std::string plan_lines(const switch_plan& plan, std::string_view from, std::string_view to) {
    std::string result;
    for (const auto one : plan.steps) {
        const auto name = one == planned::load_fs ? "fs" : "gs";
        if (loads_selector(one)) result += fmt::format("{}_{}_load:\n", to, name);
        result += fmt::format("    {}\n", fmt::format(fmt::runtime(how(one).line), from, to));
        if (loads_selector(one)) result += fmt::format("{}_{}_loaded:\n", to, name);
    }
    return result;
}

std::string plan_code(const switch_plan& plan) {
    std::string result;
    for (const auto one : plan.steps)
        result += fmt::format("    {}\n", fmt::format(fmt::runtime(how(one).code)));
    return result;
}

namespace {

// What the first task of the checked sequence gives itself: of the selectors the one that the second has not.
constexpr std::uint16_t changed_selectors[]{0x33, 0x3B};
constexpr std::uint64_t changed_fs_base = 0x7A00'0000'1000;
constexpr std::uint64_t changed_gs_base = 0x7A00'0000'2000;

constexpr std::uint64_t descriptor_base(std::uint16_t selector) {
    return 0x1000'0000 + selector;
}

class sequence_writer {
  public:
    sequence_writer(const cpu_facts& facts, delivery mode, const user_bases& first, const user_bases& second)
        : facts_{facts}, mode_{mode}, first_{first}, second_{second}, changed_{changed()} {
        there_ = make_plan(facts, mode, second);
        back_ = make_plan(facts, mode, changed_);
    }

    std::string text() {
        tasks();
        users();
        out_ += fmt::format("\nswitch:\n{}    percpu\n    je running, 1, from_b\n",
                            mode_ == delivery::idt ? "    swapgs\n" : "");
        one_way(there_, "a", "b", 'B');
        out_ += "from_b:\n";
        one_way(back_, "b", "a", 'A');
        faults();
        return std::move(out_);
    }

  private:
    // A segment instead of a null selector, and a null selector instead of a segment; then the bases, where it can.
    [[nodiscard]] user_bases changed() const {
        const auto load = [&](std::uint16_t& selector, std::uint64_t& base, std::uint16_t other) {
            selector = selector > 3 ? 0 : changed_selectors[other == changed_selectors[0] ? 1 : 0];
            if (selector != 0)
                base = descriptor_base(selector);
            else if (facts_.null_clears_base)
                base = 0;
        };
        auto result = first_;
        load(result.fs, result.fs_base, second_.fs);
        load(result.gs, result.gs_base, second_.gs);
        if (facts_.fsgsbase) {
            result.fs_base = changed_fs_base;
            result.gs_base = changed_gs_base;
        }
        return result;
    }

    void tasks() {
        out_ += "title  A switch of FS and GS, as it was planned\nsource the planner\nexpect safe\n";
        out_ += fmt::format("modes  {}\n", mode_ == delivery::idt ? "idt" : "fred");
        one_task('A', first_, "0xffffc90000008000");
        one_task('B', second_, "0xffffc90000018000");
        std::vector<std::uint16_t> selectors{first_.fs, first_.gs, second_.fs, second_.gs, changed_.fs, changed_.gs};
        std::ranges::sort(selectors);
        selectors.erase(std::ranges::unique(selectors).begin(), selectors.end());
        for (const auto one : selectors) {
            if (one > 3) out_ += fmt::format("descriptor {:#x} base {:#x} unsteady\n", one, descriptor_base(one));
        }
        out_ +=
            "percpu_variable running = 0\nevents irq nmi mc db\nhandler syscall switch\nhandler fault error_entry\n"
            "start  a_user user A\n";
    }

    void one_task(char name, const user_bases& has, std::string_view rsp0) {
        out_ += fmt::format("task {} fs={:#x} fs_base={:#x} gs={:#x} gs_base={:#x} rsp0={}\n", name, has.fs,
                            has.fs_base, has.gs, has.gs_base, rsp0);
        const char small = name == 'A' ? 'a' : 'b';
        for (const std::string_view what : {"fs", "fs_base", "gs", "gs_base"})
            out_ += fmt::format("variable {0}_{1} = {2}.{1}\n", small, what, name);
    }

    void users() {
        out_ += fmt::format("\na_user:\n    mov fs, {:#x}\n    mov gs, {:#x}\n", changed_.fs, changed_.gs);
        if (facts_.fsgsbase)
            out_ += fmt::format("    wrfsbase {:#x}\n    wrgsbase {:#x}\n", changed_fs_base, changed_gs_base);
        out_ += "    syscall\n    jmp a_user\nb_user:\n    syscall\n    jmp b_user\n";
    }

    void one_way(const switch_plan& plan, std::string_view from, std::string_view to, char task) {
        out_ += plan_lines(plan, from, to);
        out_ += fmt::format("    mov running, {}\n    current {}\n    resume {}_user\n", task == 'B' ? 1 : 0, task, to);
        if (mode_ == delivery::fred)
            out_ += fmt::format("    wrmsr IA32_FRED_RSP0, {}.rsp0\n    eretu\n", task);
        else
            out_ += "    swapgs\n    iret\n";
    }

    // A selector whose descriptor has gone becomes a null one, and the task's, too.
    void faults() {
        std::string entry = "error_entry:\n    jfrom_user error\n";
        std::string ways;
        for (const auto& [plan, task, name] : {std::tuple{&there_, 'B', "b"}, std::tuple{&back_, 'A', "a"}}) {
            for (const auto step : plan->steps) {
                if (!loads_selector(step)) continue;
                const std::string_view segment = step == planned::load_fs ? "fs" : "gs";
                const auto label = fmt::format("{}_{}", name, segment);
                const bool exchanged = step == planned::load_gs;
                entry += fmt::format("    jreturn {0}_load, {0}_fault\n", label);
                ways += fmt::format("{0}_fault:\n{1}    percpu\n    resume {0}_null\n    {2}\n", label,
                                    exchanged ? "    swapgs\n" : "", mode_ == delivery::idt ? "iret" : "erets");
                ways += fmt::format(
                    "{0}_null:\n{1}    {2} 0\n    mov {0}, 0\n    current {3}\n    promise {4} 0\n    current {5}\n    "
                    "jmp {0}_loaded\n",
                    label, exchanged ? "    swapgs\n" : "",
                    step == planned::load_gs_by_lkgs ? "lkgs" : fmt::format("mov {},", segment), task, segment,
                    task == 'A' ? 'B' : 'A');
            }
        }
        out_ += entry + "    oops\n" + ways;
    }

    cpu_facts facts_;
    delivery mode_;
    user_bases first_;
    user_bases second_;
    user_bases changed_;  // the first, when it calls the kernel
    switch_plan there_;
    switch_plan back_;
    std::string out_;
};

}  // namespace

std::string plan_sequence(const cpu_facts& facts, delivery mode, const user_bases& from, const user_bases& to) {
    return sequence_writer{facts, mode, from, to}.text();
}

}  // namespace msr::context
