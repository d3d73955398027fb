// What Linux promises a program of the bases of FS and GS, tried on Linux itself: both selector and base are kept, also
// where they disagree, through system calls, other threads and processes, and a tracer's hands. Lines of the Test
// Anything Protocol; exit code 1 if one is not ok.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr unsigned long hwcap2_fsgsbase = 1UL << 1;  // Linux, arch/x86/include/uapi/asm/hwcap2.h
constexpr unsigned rounds = 20'000;
constexpr unsigned threads = 3;
constexpr unsigned processes = 2;

constexpr std::uint64_t of_ldt = 4 | 3;  // a selector's table indicator and privilege level
constexpr std::uint64_t of_gdt = 3;

struct segment {
    std::uint64_t selector;
    std::uint64_t base;

    friend bool operator==(const segment&, const segment&) = default;
};

unsigned lines = 0;
unsigned failures = 0;

void check(bool holds, const char* what) {
    std::printf("%sok %u - %s\n", holds ? "" : "not ", ++lines, what);
    if (!holds) ++failures;
}

void skip(const char* what, const char* why) {
    std::printf("ok %u - %s # SKIP %s\n", ++lines, what, why);
}

// ---- GS: nothing else in the program uses it.

segment read_gs() {
    segment has{};
    asm volatile("mov %%gs, %k0\n\trdgsbase %1" : "=r"(has.selector), "=r"(has.base));
    return has;
}

void write_gs(const segment& to) {
    asm volatile("mov %k0, %%gs\n\twrgsbase %1" ::"r"(to.selector), "r"(to.base) : "memory");
}

std::uint64_t selector_of_gs() {
    std::uint64_t selector = 0;
    asm volatile("mov %%gs, %k0" : "=r"(selector));
    return selector;
}

std::uint64_t base_of_gs_by_call() {
    std::uint64_t base = 0;
    syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
    return base;
}

// ---- FS leads to the C library's own data: it is another's only within this one piece of code.

segment keep_fs(const segment& to, long call) {
    segment has{};
    std::uint64_t own = 0;
    asm volatile(
        "rdfsbase %[own]\n\t"
        "mov %k[selector], %%fs\n\t"
        "wrfsbase %[base]\n\t"
        "syscall\n\t"
        "mov %%fs, %k[has_selector]\n\t"
        "rdfsbase %[has_base]\n\t"
        "xor %%ecx, %%ecx\n\t"
        "mov %%ecx, %%fs\n\t"
        "wrfsbase %[own]"
        : [own] "=&r"(own), [has_selector] "=&r"(has.selector), [has_base] "=&r"(has.base), "+a"(call)
        : [selector] "r"(to.selector), [base] "r"(to.base)
        : "rcx", "r11", "memory");
    return has;
}

// ---- Segments of one's own.

bool place_in_ldt(unsigned number, std::uint32_t base) {
    user_desc one{};
    one.entry_number = number;
    one.base_addr = base;
    one.limit = 0xFFFFF;
    one.seg_32bit = 1;
    one.limit_in_pages = 1;
    constexpr int write_entry = 0x11;
    return syscall(SYS_modify_ldt, write_entry, &one, sizeof one) == 0;
}

// A segment of the thread's own in the GDT: a call that only 32-bit programs have, with an address of 32 bits. 0 if the
// kernel has it not.
std::uint64_t selector_in_gdt(std::uint32_t base) {
    void* const low =
        mmap(nullptr, sizeof(user_desc), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED) return 0;
    auto* const one = static_cast<user_desc*>(low);
    *one = {};
    one->entry_number = ~0U;  // any
    one->base_addr = base;
    one->limit = 0xFFFFF;
    one->seg_32bit = 1;
    one->limit_in_pages = 1;
    constexpr long set_thread_area_of_32_bits = 243;
    long result = set_thread_area_of_32_bits;
    asm volatile("int $0x80" : "+a"(result) : "b"(low) : "memory", "r8", "r9", "r10", "r11");
    const auto number = one->entry_number;
    munmap(low, sizeof(user_desc));
    return result == 0 ? number << 3U | of_gdt : 0;
}

std::uint64_t ldt_selector(unsigned number) {
    return number << 3U | of_ldt;
}

// ---- What is promised.

void try_calls() {
    constexpr std::uint64_t base = 0x7A00'1234'5000;
    constexpr std::uint32_t descriptor_base = 0x1234'5000;
    check(place_in_ldt(0, descriptor_base), "modify_ldt: a segment");
    asm volatile("mov %k0, %%gs" ::"r"(ldt_selector(0)));
    check(base_of_gs_by_call() == descriptor_base, "a selector brings the base of its descriptor");
    check(syscall(SYS_arch_prctl, ARCH_SET_GS, base) == 0 && base_of_gs_by_call() == base,
          "ARCH_SET_GS: ARCH_GET_GS answers with the base");
    check(selector_of_gs() == 0, "and the selector is null");
    check(syscall(SYS_arch_prctl, ARCH_SET_GS, ~0UL) == -1 && errno == EPERM && base_of_gs_by_call() == base,
          "a base of the kernel's half is refused, and nothing is changed");
    std::uint64_t fs = 0;
    check(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0 && fs != 0 && syscall(SYS_arch_prctl, ARCH_SET_FS, fs) == 0,
          "ARCH_GET_FS and ARCH_SET_FS");
    const auto selector = selector_in_gdt(descriptor_base);
    if (selector == 0) return skip("set_thread_area: a segment", "this kernel runs no 32-bit calls");
    asm volatile("mov %k0, %%gs" ::"r"(selector));
    check(base_of_gs_by_call() == descriptor_base && selector_of_gs() == selector, "set_thread_area: a segment");
}

void try_instructions() {
    for (const auto& [selector, what] : {std::pair{ldt_selector(0), "WRGSBASE behind a selector of the LDT"},
                                         std::pair{std::uint64_t{0}, "WRGSBASE behind a null selector"}}) {
        const segment to{selector, 0x7B00'0000'1000};
        write_gs(to);
        check(read_gs() == to, what);
        check(base_of_gs_by_call() == to.base, "and ARCH_GET_GS says the same");
    }
    const segment to{ldt_selector(0), 0x7C00'0000'2000};
    check(keep_fs(to, SYS_getpid) == to, "WRFSBASE behind a selector of the LDT, through a system call");
}

// Others run between: all are on one CPU. How often one of them found something else than it had.
unsigned wrong_after_yields(unsigned who) {
    unsigned wrong = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        const bool null = (round + who) % 3 == 0;
        const auto base = std::uint64_t{0x7D00'0000'0000} + (std::uint64_t{who} << 24U) + (round << 4U);
        const segment to{null ? 0 : ldt_selector((round + who) % 2), base};
        write_gs(to);
        const segment fs{null ? ldt_selector(1) : 0, to.base + 8};
        if (!(keep_fs(fs, SYS_sched_yield) == fs)) ++wrong;
        if (!(read_gs() == to)) ++wrong;
    }
    return wrong;
}

void try_switches() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    check(sched_setaffinity(0, sizeof one, &one) == 0 && place_in_ldt(1, 0x2345'6000), "all run on one CPU");
    std::array<pid_t, processes> children{};
    for (unsigned number = 0; number < processes; ++number) {
        children.at(number) = fork();
        if (children.at(number) == 0) _exit(wrong_after_yields(threads + number) == 0 ? 0 : 1);
    }
    std::array<unsigned, threads> wrong{};
    std::vector<std::thread> all;
    for (unsigned number = 0; number < threads; ++number)
        all.emplace_back([&wrong, number] { wrong.at(number) = wrong_after_yields(number); });
    for (auto& thread : all)
        thread.join();
    bool good = true;
    for (const auto count : wrong)
        good = good && count == 0;
    check(good, "3 threads, 20000 switches each: selectors and bases of FS and GS are kept, though they disagree");
    good = true;
    for (const auto child : children) {
        int status = 0;
        good = good && child > 0 && waitpid(child, &status, 0) == child && status == 0;
    }
    check(good, "and of 2 processes beside them");
}

constexpr segment before_tracer{of_ldt, 0x7E00'0000'3000};
constexpr std::uint64_t base_by_tracer = 0x7E00'0000'7000;

[[noreturn]] void be_traced() {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    write_gs(before_tracer);
    raise(SIGSTOP);
    _exit(read_gs() == segment{before_tracer.selector, base_by_tracer} ? 0 : 1);
}

void try_tracer() {
    const auto child = fork();
    if (child == 0) be_traced();
    int status = 0;
    user_regs_struct registers{};
    check(waitpid(child, &status, 0) == child && WIFSTOPPED(status) &&
              ptrace(PTRACE_GETREGS, child, nullptr, &registers) == 0 &&
              segment{registers.gs, registers.gs_base} == before_tracer,
          "PTRACE_GETREGS: selector and base of GS, as the traced program has them");
    registers.gs_base = base_by_tracer;
    check(ptrace(PTRACE_SETREGS, child, nullptr, &registers) == 0 && ptrace(PTRACE_CONT, child, nullptr, 0) == 0,
          "PTRACE_SETREGS: another base");
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "which the program then has, and its selector");
}

}  // namespace

int main() {
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    try_calls();
    if ((getauxval(AT_HWCAP2) & hwcap2_fsgsbase) != 0) {
        try_instructions();
        try_switches();
        try_tracer();
    } else {
        skip("selectors and bases that disagree", "programs cannot write bases here: no FSGSBASE in AT_HWCAP2");
    }
    std::printf("1..%u\n", lines);
    return failures == 0 ? 0 : 1;
}
