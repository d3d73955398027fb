#include "lab/switching/sequence_source.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "lab/switching/assembly.hpp"
#include "msr/context/segment_bases/reader.hpp"

namespace msr::switching {

namespace {

using context::delivery;
using context::operation;
using context::program;

// Why no emulator can show it; empty if one can.
std::string why_not(const program& what) {
    const auto& needs = what.needs;
    if (!what.in_idt) return "no emulator has FRED";
    if (needs.lkgs) return "no emulator has LKGS";
    if (needs.wrmsrns || needs.msr_imm || needs.msrlist) return "no emulator has WRMSRNS";
    const bool keeps = !needs.null_clears_base && what.expected != context::violation::none;
    if (keeps) return "no emulator keeps the base at a null selector";
    return {};
}

std::string_view meaning_of(const assembly& code, const program& what, std::size_t at) {
    switch (what.code[at].what) {
        case operation::percpu: return "percpu";
        case operation::mov_fs:
        case operation::mov_gs: return "load_selector";
        case operation::iret: return "event_return";
        case operation::sysret: return "system_call_return";
        case operation::discard_frame: return "discard_frame";
        case operation::current: return "current_task";
        case operation::oops: return "oops";
        case operation::promise:
            switch (static_cast<context::promised>(what.code[at].to)) {
                case context::promised::fs: return "promise_fs";
                case context::promised::fs_base: return "promise_fs_base";
                case context::promised::gs: return "promise_gs";
                case context::promised::gs_base: return "promise_gs_base";
            }
            return "nothing";
        default: return code.uses_percpu(at) ? "percpu_variable" : "nothing";
    }
}

std::uint64_t value_of(const program& what, const context::instruction& it) {
    if (it.what == operation::current) return it.to;
    if (it.what != operation::promise) return 0;
    if (!it.constant) throw std::runtime_error{what.name + ": what is promised has to be a value"};
    return what.values[static_cast<context::value>(it.from)];
}

class sequence_tables {
  public:
    sequence_tables(const program& what, const assembly& code, std::string prefix, generated& into)
        : what_{what}, code_{code}, prefix_{std::move(prefix)}, into_{into} {}

    /// The tables that belong to it; its own row is the answer.
    std::string write() {
        instructions();
        lists();
        return whole();
    }

  private:
    void instructions() {
        into_.tables += fmt::format("constexpr assembled {}_code[]{{\n", prefix_);
        for (std::size_t at = 0; at < what_.code.size(); ++at) {
            if (!code_.reached()[at]) continue;
            into_.declarations += fmt::format("extern const char {}[], {}[];\n", code_.begin_of(at), code_.core_of(at));
            into_.tables +=
                fmt::format("    {{{}, {}, \"{}\", meaning::{}, {:#x}}},\n", code_.begin_of(at), code_.core_of(at),
                            what_.lines[at], meaning_of(code_, what_, at), value_of(what_, what_.code[at]));
        }
        into_.tables += "};\n";
    }

    void lists() {
        for (const auto& one : what_.descriptors)
            descriptors_ +=
                fmt::format("{{{:#x}, {:#x}, {}}}, ", what_.values[one.selector], what_.values[one.base], one.unsteady);
        for (std::size_t at = 0; at < what_.variables.size(); ++at)
            variables_ += fmt::format("{:#x}, ", what_.values[what_.at_start.at(at)]);
        if (!descriptors_.empty())
            into_.tables += fmt::format("constexpr descriptor_value {}_descriptors[]{{{}}};\n", prefix_, descriptors_);
        if (!variables_.empty())
            into_.tables += fmt::format("constexpr std::uint64_t {}_variables[]{{{}}};\n", prefix_, variables_);
    }

    std::string list_named(std::string_view name, const std::string& elements) {
        return elements.empty() ? "{}" : fmt::format("{}_{}", prefix_, name);
    }

    std::string entry(std::string_view name, context::event kind) {
        if (what_.handlers.at(static_cast<std::size_t>(kind)) == context::no_instruction) return "nullptr";
        const auto label = fmt::format("{}_{}", prefix_, name);
        into_.declarations += fmt::format("extern const char {}[];\n", label);
        return label;
    }

    std::string one_segment(const context::segment& it) {
        return fmt::format("{{{:#x}, {:#x}}}", what_.values[it.selector], what_.values[it.base]);
    }

    std::string one_task(const context::task& it) {
        return fmt::format("{{{}, {}}}", one_segment(it.has.fs), one_segment(it.has.gs));
    }

    std::string whole() {
        using context::event;
        std::string arrives;
        for (const bool one : what_.arrive)
            arrives += one ? "true, " : "false, ";
        const auto entries =
            fmt::format("{}, {}, {}, {}, {}, {}", entry("irq", event::interrupt), entry("nmi", event::nmi),
                        entry("mc", event::machine_check), entry("db", event::debug), entry("fault", event::fault),
                        entry("syscall", event::system_call));
        bool rdpid = false;
        for (std::size_t at = 0; at < what_.code.size(); ++at)
            rdpid = rdpid || (code_.reached()[at] && what_.code[at].what == operation::rdpid);
        return fmt::format(
            "    {{.name = \"{}\", .expected = context::violation::{}, .fsgsbase = {}, .rdpid = {}, .code = {}_code,\n"
            "     .end = {}_end, .start = {}, .user = {}, .start_in_user = {}, .task = {}, .tasks = {{{}, {}}},\n"
            "     .entries = {{{}}}, .fault_without_code = {}, .arrives = {{{}}},\n"
            "     .iret_refused = {}, .sysret_refused = {}, .descriptors = {}, .variables = {}, .percpu_variables = "
            "{}}},\n",
            what_.name, context::to_string(what_.expected).data(), what_.needs.fsgsbase, rdpid, prefix_, prefix_,
            code_.begin_of(what_.start), what_.start_in_user ? "nullptr" : code_.begin_of(what_.user),
            what_.start_in_user, what_.start_task, one_task(what_.tasks[0]), one_task(what_.tasks[1]), entries,
            entry("fault_without_code", event::fault), arrives, what_.iret_refused, what_.sysret_refused,
            list_named("descriptors", descriptors_), list_named("variables", variables_), what_.percpu_variables);
    }

    const program& what_;
    const assembly& code_;
    std::string prefix_;
    generated& into_;
    std::string descriptors_;
    std::string variables_;
};

}  // namespace

void sequence_writer::add(const std::string& name, std::string_view text) {
    const auto read = context::read(name, text, delivery::idt);
    if (!read) throw std::runtime_error{fmt::format("{}: {}", name, read.error().message)};
    add(*read, why_not(*read));
}

void sequence_writer::add(const planned_sequence& one) {
    auto read = context::read(one.name, one.text, delivery::idt, one.facts);
    if (!read) throw std::runtime_error{fmt::format("{}: {}", one.name, read.error().message)};
    read->needs = one.facts;
    add(*read, {});
}

void sequence_writer::finish() {
    into_.tables += "constexpr sequence all_sequences[]{\n" + rows_ + "};\nconstexpr left_out all_left_out[]{\n" +
                    left_out_ + "};\n";
}

void sequence_writer::add(const program& what, std::string reason) {
    const auto prefix = fmt::format("q{}", number_++);
    into_.kernel_base = what.values[what.kernel_base];
    assembly code{what, prefix, variables_in_memory(what)};
    const auto word = code.impossible();
    if (reason.empty() && word)
        reason = word->starts_with("vm") ? "its guest would be a guest's guest" : "no emulator has " + *word;
    if (!reason.empty()) {
        left_out_ += fmt::format("    {{\"{}\", \"{}\"}},\n", what.name, reason);
        return;
    }
    into_.code +=
        code.text() + fmt::format("    .globl {0}_end\n{0}_end:\n", prefix) + entries_text(what, code, prefix);
    into_.declarations += fmt::format("extern const char {}_end[];\n", prefix);
    sequence_tables tables{what, code, prefix, into_};
    rows_ += tables.write();
}

}  // namespace msr::switching
