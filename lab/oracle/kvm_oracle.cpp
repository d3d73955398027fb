// Answers a table of cases on a virtual CPU of KVM: guest cases in ring 0, host cases through KVM's own interface.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lab/oracle/cases.hpp"
#include "lab/oracle/filter.hpp"
#include "lab/oracle/try_on.hpp"
#include "lab/oracle/virtual_machine.hpp"

namespace {

using namespace msr;
using namespace msr::oracle;

constexpr std::string_view usage =
    "usage: kvm_oracle [--irqchip] [--cstates] [--cpuid FILE] [--filter FILE] CASES >ANSWERS\n\n"
    "Tells what RDMSR and WRMSR do with each of CASES (a file, or -) on a virtual CPU that was just reset.\n\n"
    "  --irqchip      interrupt controllers and local APIC inside KVM; without it the vCPU has no local APIC at all\n"
    "  --cstates      deep idle states are left to the guest\n"
    "  --cpuid FILE   the CPUID of the lines 'cpuid LEAF SUBLEAF EAX EBX ECX EDX' in place of all that KVM supports\n"
    "  --filter FILE  which registers KVM may let the guest access, installed once the guest has run: 'allow' or "
    "'deny'\n"
    "                 for all the others, then lines 'r|w|rw BASE BITS', a bit for each address\n\n"
    "Cases: 'guest|guest-keep|host|host-keep ADDRESS VALUE', in hexadecimal without 0x.\n"
    "1: a case killed the guest; its answers so far are printed, and the case is named.\n";

struct request {
    settings machine;
    std::optional<filter> allowed;
    std::vector<test_case> cases;
};

int fail(int status, std::string_view why) {
    std::fflush(stdout);
    fmt::print(stderr, "kvm_oracle: {}\n", why);
    return status;
}

host::outcome<request> parse(const std::vector<std::string>& arguments) {
    const auto bad = [] {
        return std::unexpected{host::error{host::error_kind::bad_input, "bad usage", std::string{usage}, {}}};
    };
    request wanted;
    std::string path;
    for (std::size_t at = 0; at < arguments.size(); ++at) {
        const auto& word = arguments[at];
        if (word == "--irqchip") {
            wanted.machine.irqchip = true;
        } else if (word == "--cstates") {
            wanted.machine.cstates = true;
        } else if (word == "--filter" && at + 1 < arguments.size()) {
            auto allowed = read_filter(arguments[++at]);
            if (!allowed) return std::unexpected{allowed.error()};
            wanted.allowed = std::move(*allowed);
        } else if (word == "--cpuid" && at + 1 < arguments.size()) {
            auto leaves = read_leaves(arguments[++at]);
            if (!leaves) return std::unexpected{leaves.error()};
            wanted.machine.cpuid = std::move(*leaves);
        } else if (path.empty() && !word.starts_with("--")) {
            path = word;
        } else {
            return bad();
        }
    }
    if (path.empty()) return bad();
    auto cases = read_cases(path);
    if (!cases) return std::unexpected{cases.error()};
    wanted.cases = std::move(*cases);
    return wanted;
}

/// Works through the cases: those of the guest in batches, between them those of the host.
class examiner {
  public:
    examiner(virtual_machine& machine, request& wanted)
        : machine_{machine}, filter_{wanted.allowed}, cases_{wanted.cases} {}

    /// 0; 1 if the guest died, 3 if KVM refuses the filter.
    int examine() {
        if (!run_batch(0)) return 1;  // the guest introduces itself
        const auto& mailbox = machine_.image().mailbox();
        for (const auto& leaf : view{&mailbox.leaves[0], mailbox.leaf_count})
            fmt::print("{}\n", to_line(leaf));
        if (filter_) {
            const auto refused = machine_.install(as_request(*filter_));
            if (refused != 0) return fail(3, "KVM does not take the filter: " + host::describe_errno(refused));
        }
        while (done_ < cases_.size()) {
            if (cases_[done_].by_host)
                ask_host();
            else if (!run_batch(batch_size()))
                return 1;
        }
        return 0;
    }

  private:
    [[nodiscard]] std::size_t batch_size() const {
        const auto rest = cases_.subspan(done_);
        const auto end = std::ranges::find(rest, true, &test_case::by_host);
        return std::min(static_cast<std::size_t>(end - rest.begin()), machine_.image().table().size());
    }

    void ask_host() {
        auto answer = untried(cases_[done_]);
        try_on(machine_, answer);
        fmt::print("{}\n", to_line(cases_[done_], answer));
        ++done_;
    }

    bool run_batch(std::size_t count) {
        const auto table = machine_.image().table();
        std::ranges::transform(cases_.subspan(done_, count), table.begin(), untried);
        const auto died = machine_.run(static_cast<std::uint32_t>(count));
        // Not what the mailbox says: a guest that died may have written over it.
        const auto answered =
            static_cast<std::size_t>(std::ranges::find_if_not(table.first(count), answers) - table.begin());
        for (std::size_t at = 0; at < answered; ++at)
            fmt::print("{}\n", to_line(cases_[done_ + at], table[at]));
        report_strange_exits();
        done_ += answered;
        if (died) fail(1, why("killed", *died, done_));
        return !died;
    }

    [[nodiscard]] std::string why(std::string_view what, std::string_view reason, std::size_t at) const {
        if (at == cases_.size()) return fmt::format("after the last case the machine {} the guest: {}", what, reason);
        return fmt::format("case {}, '{}', {} the guest: {}", at + 1, to_line(cases_[at]), what, reason);
    }

    static bool answers(const exchange& one) {
        return one.first_read != step::pending && one.write != step::pending && one.second_read != step::pending &&
               one.restore != step::pending;
    }

    void report_strange_exits() {
        for (const auto& [at, name] : machine_.take_strange_exits())
            fail(0,
                 fmt::format("case {}, '{}', left the guest: {}", done_ + at + 1, to_line(cases_[done_ + at]), name));
    }

    virtual_machine& machine_;
    std::optional<filter>& filter_;
    std::span<const test_case> cases_;
    std::size_t done_ = 0;
};

int run(int count, char** arguments) {
    const std::vector<std::string> given{arguments + 1, arguments + count};
    if (given == std::vector<std::string>{"--help"}) {
        fmt::print("{}", usage);
        return 0;
    }
    auto wanted = parse(given);
    if (!wanted) return fail(2, wanted.error().line());
    auto machine = virtual_machine::create(wanted->machine);
    if (!machine) return fail(3, machine.error().line());
    return examiner{*machine, *wanted}.examine();
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run(count, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kvm_oracle: %s\n", error.what());  // formatting could throw in its turn
        return 3;
    }
}
