#include "msr/context/segment_bases/operations.hpp"

#include <array>

namespace msr::context {

namespace {

constexpr std::array operations{
    written_operation{"swapgs", operation::swapgs, ""},
    written_operation{"lfs", operation::mov_fs, "s"},
    written_operation{"lgs", operation::mov_gs, "s"},
    written_operation{"lkgs", operation::lkgs, "s"},
    written_operation{"rdfsbase", operation::rdfsbase, "P"},
    written_operation{"rdgsbase", operation::rdgsbase, "P"},
    written_operation{"wrfsbase", operation::wrfsbase, "S"},
    written_operation{"wrgsbase", operation::wrgsbase, "S"},
    written_operation{"rdmsr", operation::rdmsr, "dm"},
    written_operation{"wrmsr", operation::wrmsr, "ms"},
    written_operation{"wrmsrns", operation::wrmsrns, "ms"},
    written_operation{"wrmsrns_imm", operation::wrmsrns_imm, "ms"},
    written_operation{"wrmsrlist", operation::wrmsrlist, "ms"},
    written_operation{"rdpid", operation::rdpid, "p"},
    written_operation{"lsl", operation::lsl, "p"},
    written_operation{"cli", operation::cli, ""},
    written_operation{"sti", operation::sti, ""},
    written_operation{"syscall", operation::syscall, ""},
    written_operation{"iret", operation::iret, ""},
    written_operation{"sysret", operation::sysret, ""},
    written_operation{"erets", operation::erets, ""},
    written_operation{"eretu", operation::eretu, ""},
    written_operation{"vmenter", operation::vmenter, "l"},
    written_operation{"vmexit", operation::vmexit, "l"},
    written_operation{"jmp", operation::jmp, "l"},
    written_operation{"je", operation::je, "psl"},
    written_operation{"jne", operation::jne, "psl"},
    written_operation{"jnegative", operation::jnegative, "pl"},
    written_operation{"jpositive", operation::jpositive, "pl"},
    written_operation{"jfrom_user", operation::jfrom_user, "l"},
    written_operation{"jfrom_kernel", operation::jfrom_kernel, "l"},
    written_operation{"jreturn", operation::jreturn, "ol"},
    written_operation{"resume", operation::resume, "l"},
    written_operation{"discard_frame", operation::discard_frame, ""},
    written_operation{"percpu_base", operation::percpu_base, "ps"},
    written_operation{"nop", operation::nop, ""},
    written_operation{"percpu", operation::percpu, ""},
    written_operation{"current", operation::current, "t"},
    written_operation{"promise", operation::promise, "hs"},
    written_operation{"equal", operation::expect_equal, "ps"},
    written_operation{"oops", operation::oops, ""},
    written_operation{"halt", operation::halt, ""},
};

}  // namespace

std::span<const written_operation> written_operations() {
    return operations;
}

const written_operation* find_operation(std::string_view word) {
    for (const auto& one : operations) {
        if (one.word == word) return &one;
    }
    return nullptr;
}

}  // namespace msr::context
