#include "lab/switching/assembly.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/ring0/descriptors.hpp"
#include "lab/switching/sequence.hpp"
#include "msr/context/segment_bases/operations.hpp"
#include "msr/registers/ia32_fred_rsp0.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"

namespace msr::switching {

namespace {

using context::instruction;
using context::operation;

// Those that code needs for itself are RAX, RCX and RDX; the sequence's own are kept where those do not touch them.
constexpr std::array<std::string_view, context::general_registers> general{"%r12", "%r13", "%r14", "%r15"};

// In the order of context::base_register.
constexpr std::array<std::uint32_t, 5> addresses{ia32_fs_base::address, ia32_gs_base::address,
                                                 ia32_kernel_gs_base::address, ia32_fred_rsp0::address,
                                                 ia32_tsc_aux::address};

bool ends(operation what) {
    switch (what) {
        case operation::jmp:
        case operation::iret:
        case operation::sysret:
        case operation::erets:
        case operation::eretu:
        case operation::oops:
        case operation::halt:
        case operation::vmenter:
        case operation::vmexit: return true;
        default: return false;
    }
}

bool jumps(operation what) {
    switch (what) {
        case operation::jmp:
        case operation::je:
        case operation::jne:
        case operation::jnegative:
        case operation::jpositive:
        case operation::jfrom_user:
        case operation::jfrom_kernel:
        case operation::jreturn:
        case operation::resume: return true;
        default: return false;
    }
}

bool can_be_assembled(operation what) {
    switch (what) {
        case operation::lkgs:
        case operation::wrmsrns:
        case operation::wrmsrns_imm:
        case operation::wrmsrlist:
        case operation::erets:
        case operation::eretu:
        case operation::vmenter:
        case operation::vmexit:
        case operation::expect_equal: return false;
        default: return true;
    }
}

}  // namespace

assembly::assembly(const context::program& what, std::string prefix, std::vector<std::string> where)
    : program_{&what},
      prefix_{std::move(prefix)},
      where_{std::move(where)},
      reached_(what.code.size()),
      uses_percpu_(what.code.size()) {
    reach(what.start);
    if (!what.start_in_user) reach(what.user);
    for (const auto handler : what.handlers) {
        if (handler != context::no_instruction) reach(handler);
    }
}

void assembly::reach(std::uint16_t from) {
    for (std::size_t at = from; at < reached_.size() && !reached_[at]; ++at) {
        reached_[at] = true;
        const auto& it = program_->code[at];
        if (jumps(it.what)) reach(it.target);
        if (ends(it.what)) return;
    }
}

std::optional<std::string> assembly::impossible() const {
    for (std::size_t at = 0; at < reached_.size(); ++at) {
        const auto& line = program_->lines[at];
        if (reached_[at] && !can_be_assembled(program_->code[at].what)) return line.substr(0, line.find(' '));
    }
    return std::nullopt;
}

std::string assembly::begin_of(std::size_t instruction) const {
    return fmt::format("{}_{}", prefix_, instruction);
}

std::string assembly::core_of(std::size_t instruction) const {
    return fmt::format("{}_{}_core", prefix_, instruction);
}

std::string assembly::text() {
    for (std::size_t at = 0; at < reached_.size(); ++at) {
        if (reached_[at]) one(at);
    }
    return std::move(out_);
}

void assembly::line(std::string_view words) {
    out_ += fmt::format("    {}\n", words);
}

// What follows is the machine instruction that does it.
void assembly::core() {
    out_ += fmt::format("    .globl {0}\n{0}:\n", core_of(at_));
    has_core_ = true;
}

void assembly::one(std::size_t at) {
    at_ = at;
    has_core_ = false;
    const auto begin = out_.size();
    segment(program_->code[at]);
    auto body = out_.substr(begin);
    out_.resize(begin);
    out_ += fmt::format("    .globl {0}\n{0}: // {1}\n", begin_of(at), program_->lines[at]);
    if (!has_core_) core();
    out_ += body;
    uses_percpu_[at] = body.find("%gs:") != std::string::npos;
}

std::string assembly::place(std::uint8_t which) const {
    if (which < context::general_registers) return std::string{general.at(which)};
    return where_.at(which - context::general_registers);
}

// To RAX.
void assembly::load(const instruction& it) {
    if (it.constant)
        line(fmt::format("movabs ${:#x}, %rax", program_->values[static_cast<context::value>(it.from)]));
    else
        line(fmt::format("mov {}, %rax", place(it.from)));
}

// From RAX. Half a register is written as the CPU writes it: the other half is 0.
void assembly::store(const instruction& it) {
    line(fmt::format("mov %rax, {}", place(it.to)));
}

void assembly::segment(const instruction& it) {
    const std::string_view rax = it.wide ? "%rax" : "%eax";
    switch (it.what) {
        case operation::swapgs: return line("swapgs");
        case operation::mov_fs:
        case operation::mov_gs:
            load(it);
            core();
            return line(it.what == operation::mov_fs ? "mov %eax, %fs" : "mov %eax, %gs");
        case operation::mov_from_fs: line("mov %fs, %eax"); return store(it);
        case operation::mov_from_gs: line("mov %gs, %eax"); return store(it);
        case operation::rdfsbase: line(fmt::format("rdfsbase {}", rax)); return store(it);
        case operation::rdgsbase: line(fmt::format("rdgsbase {}", rax)); return store(it);
        case operation::wrfsbase:
        case operation::wrgsbase:
            load(it);
            core();
            return line(fmt::format("{} {}", it.what == operation::wrfsbase ? "wrfsbase" : "wrgsbase", rax));
        default: return register_access(it);
    }
}

void assembly::register_access(const instruction& it) {
    const auto index = [&] { line(fmt::format("mov ${:#x}, %ecx", addresses.at(it.to))); };
    switch (it.what) {
        case operation::rdmsr:
            index();
            core();
            line("rdmsr");
            line("shl $32, %rdx");
            line("or %rdx, %rax");
            return line(fmt::format("mov %rax, {}", place(it.from)));
        case operation::wrmsr:
            load(it);
            line("mov %rax, %rdx");
            line("shr $32, %rdx");
            index();
            core();
            return line("wrmsr");
        case operation::rdpid: line("rdpid %rax"); return store(it);
        case operation::lsl:
            line(fmt::format("mov ${}, %eax", ring0::selector::cpu_number | ring0::selector::of_ring_3));
            line("lsl %eax, %eax");
            return store(it);
        default: return software(it);
    }
}

void assembly::software(const instruction& it) {
    switch (it.what) {
        case operation::percpu_base:
            load(it);
            line(fmt::format("movabs ${:#x}, %rcx", program_->values[program_->kernel_base]));
            line(fmt::format("movabs ${:#x}, %rdx", program_->values[program_->other_cpus_base]));
            line(fmt::format("cmp ${}, %rax", program_->values[program_->cpu_number]));
            line("cmove %rcx, %rdx");
            return line(fmt::format("mov %rdx, {}", place(it.to)));
        case operation::mov: load(it); return store(it);
        case operation::cli: return line("cli");
        case operation::sti:
            line("sti");
            return line(
                "nop");  // it holds back what would come before the next instruction, the hypervisor's timer too
        case operation::syscall: return line("syscall");
        case operation::mov_ss: return line("mov watched_selector, %ss");
        case operation::percpu: return line("mov %gs:0, %rax");
        case operation::halt: return line("ret");
        case operation::discard_frame: return line("discard_frame");
        case operation::iret:
        case operation::sysret: return leave(it);
        case operation::nop:
        case operation::current:
        case operation::promise:
        case operation::oops: return line("nop");  // for the hypervisor to see it
        default: return jump(it);
    }
}

void assembly::leave(const instruction& it) {
    line(it.what == operation::iret ? "frame_to_registers" : "frame_to_sysret");
    core();
    line(it.what == operation::iret ? "iretq" : "sysretq");
}

void assembly::jump(const instruction& it) {
    const auto target = begin_of(it.target);
    switch (it.what) {
        case operation::jmp: return line(fmt::format("jmp {}", target));
        case operation::je:
        case operation::jne:
        case operation::jnegative:
        case operation::jpositive: return compare(it);
        case operation::jfrom_user:
        case operation::jfrom_kernel:
            line(fmt::format("testb ${}, {}(%rsp)", ring0::selector::of_ring_3, offsetof(entry_frame, code_segment)));
            return line(fmt::format("{} {}", it.what == operation::jfrom_user ? "jnz" : "jz", target));
        case operation::jreturn:
            if (!reached_[it.other]) return line("nop");
            line(fmt::format("cmpq ${}, {}(%rsp)", core_of(it.other), offsetof(entry_frame, instruction_pointer)));
            return line(fmt::format("je {}", target));
        case operation::resume:
            return line(fmt::format("movq ${}, {}(%rsp)", target, offsetof(entry_frame, instruction_pointer)));
        default: return line("ud2");
    }
}

void assembly::compare(const instruction& it) {
    const auto target = begin_of(it.target);
    if (it.what == operation::je || it.what == operation::jne) {
        load(it);
        line(fmt::format("cmp %rax, {}", place(it.to)));
        return line(fmt::format("{} {}", it.what == operation::je ? "je" : "jne", target));
    }
    line(fmt::format("mov {}, %rax", place(it.to)));
    line("test %rax, %rax");
    line(fmt::format("{} {}", it.what == operation::jnegative ? "js" : "jns", target));
}

}  // namespace msr::switching
