// msr: reads, decodes, explains, records, compares and writes model-specific registers.

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tools/msr/verbs.hpp"
#include "tools/msr/version.hpp"

namespace {

constexpr std::array verbs{
    tool::verb{"report", "what this machine's registers say, by topic", tool::report_verb},
    tool::verb{"read", "read registers or fields, decoded", tool::read_verb},
    tool::verb{"decode", "say what a value means", tool::decode_verb},
    tool::verb{"check", "may this value be written, and if not why", tool::check_verb},
    tool::verb{"emulate", "play a guest's registers, driven from standard input", tool::emulate_verb},
    tool::verb{"encode", "make a value from fields", tool::encode_verb},
    tool::verb{"show", "a register's page: fields, access, sources", tool::show_verb},
    tool::verb{"find", "search names, fields and titles", tool::find_verb},
    tool::verb{"list", "the registers of the catalogue", tool::list_verb},
    tool::verb{"profile", "a CPU's features, widths and capabilities", tool::profile_verb},
    tool::verb{"vmx", "is VMX ready, and which controls are there; vmx adjust", tool::vmx_verb},
    tool::verb{"svm", "is SVM ready, and what it can do", tool::svm_verb},
    tool::verb{"cost", "what reading and writing registers costs on this machine", tool::cost_verb},
    tool::verb{"gs", "the bases of FS and GS: sequences checked, switches planned", tool::gs_verb},
    tool::verb{"guest", "run a bare-metal guest, and say which registers it needs", tool::guest_verb},
    tool::verb{"intercept", "which accesses of a guest exit under a policy, and why", tool::intercept_verb},
    tool::verb{"switch", "what switches of tasks and guests write: planned, replayed, recorded", tool::switch_verb},
    tool::verb{"snapshot", "record the registers of all CPUs in a file", tool::snapshot_verb},
    tool::verb{"diff", "compare two snapshots, or one with now", tool::diff_verb},
    tool::verb{"portable", "what of one machine's state another cannot take", tool::portable_verb},
    tool::verb{"write", "write registers or fields, on all CPUs or on none", tool::write_verb},
    tool::verb{"undo", "put back what was written", tool::undo_verb},
    tool::verb{"restore", "write a snapshot's registers back", tool::restore_verb},
};

void usage(std::FILE* to) {
    fmt::print(to, "usage: msr VERB [ARGUMENTS]\n\n");
    for (const auto& one : verbs)
        fmt::print(to, "  {:10}{}\n", one.name, one.title);
    fmt::print(to, "\nmsr help VERB explains one; msr alone is msr report.\n");
}

int run(std::string_view name, int argc, char** argv) {
    for (const auto& one : verbs) {
        if (name == one.name) return one.run(argc, argv);
    }
    fmt::print(stderr, "msr: there is no verb `{}`; msr help lists them\n", name);
    return tool::bad_usage;
}

int help(int argc, char** argv) {
    if (argc < 3) {
        usage(stdout);
        return tool::done;
    }
    // All the words: `msr help vmx adjust` is `msr vmx adjust --help`.
    std::string flag = "--help";
    std::vector<char*> arguments(argv + 2, argv + argc);
    arguments.push_back(flag.data());
    const auto count = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    return run(argv[2], count, arguments.data());
}

int run(int argc, char** argv) {
    if (argc < 2) return run("report", argc, argv);
    const std::string_view name = argv[1];
    if (name == "help" || name == "--help" || name == "-h") return help(argc, argv);
    if (name == "--version") {
        fmt::print("{}\n", tool::tool_name);
        return tool::done;
    }
    // Options alone are the report's: `msr --json` is `msr report --json`.
    if (name.starts_with('-')) return run("report", argc, argv);
    return run(name, argc - 1, argv + 1);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto code = run(argc, argv);
        // What is still in the buffer may meet a full disk.
        if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
        std::fprintf(stderr, "msr: the output could not be written\n");
        return tool::no_access;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "msr: %s\n", error.what());  // formatting could throw in its turn
        return tool::no_access;
    }
}
