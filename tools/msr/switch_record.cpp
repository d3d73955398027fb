// msr switch record: a trace of switches from Linux's tracepoints.

#include <array>
#include <chrono>
#include <csignal>
#include <ctime>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "msr/context/switch_plan/record.hpp"
#include "msr/host/files.hpp"
#include "msr/host/kernel_trace.hpp"
#include "tools/msr/switch.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace context = msr::context;

namespace {

struct record_question {
    bool json = false;
    std::string catalogue;
    std::string from_trace;  // empty: this kernel
    double seconds = 5;
    bool system_calls = false;
    std::string output;  // empty: standard output
};

volatile std::sig_atomic_t recording_is_over = 0;

void end_recording_when_interrupted() {
    struct sigaction action{};
    action.sa_handler = [](int) { recording_is_over = 1; };
    for (const int signal : {SIGINT, SIGTERM})
        ::sigaction(signal, &action, nullptr);
}

// Sleeps that long, or until the recording is interrupted.
void wait_for(double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>{seconds};
    while (recording_is_over == 0 && std::chrono::steady_clock::now() < end) {
        const timespec a_while{0, 20'000'000};
        ::nanosleep(&a_while, nullptr);
    }
}

host::outcome<std::string> record_here(const record_question& asked) {
    std::vector<std::string_view> events{"msr/write_msr", "sched/sched_switch"};
    if (asked.system_calls) {
        events.emplace_back("raw_syscalls/sys_enter");
        events.emplace_back("raw_syscalls/sys_exit");
    }
    // Before there is a buffer that would be left behind.
    end_recording_when_interrupted();
    auto trace = host::kernel_trace::start(events);
    if (!trace) return std::unexpected{trace.error()};
    wait_for(asked.seconds);
    return trace->stop();
}

host::outcome<std::string> kernels_text(const record_question& asked) {
    if (asked.from_trace.empty()) return record_here(asked);
    auto text = host::read_file(asked.from_trace, largest_switch_trace);
    if (text) return std::move(*text);
    return host::bad_input(fmt::format("cannot read {}", asked.from_trace), host::describe_errno(text.error()));
}

std::string where_recorded(const record_question& asked) {
    if (!asked.from_trace.empty()) return "from " + asked.from_trace;
    utsname system{};
    ::uname(&system);
    return fmt::format("on Linux {}", system.release);
}

exit_code show_recording(const record_question& asked, const context::recorded_switches& made) {
    if (!asked.output.empty()) {
        const auto written = host::replace_file(asked.output, made.text);
        if (!written) return fail(to_exit_code(written.error().kind), written.error().line());
    }
    if (asked.json) {
        print(json{{"switches", made.switches},
                   {"writes", made.writes},
                   {"system_calls", made.system_calls},
                   {"refused_writes", made.refused},
                   {"lost_events", made.lost},
                   {"output", asked.output}});
    } else if (asked.output.empty()) {
        fmt::print("{}", made.text);
    } else {
        fmt::print("{}: {} switches, {} writes, {} system calls\n", asked.output, made.switches, made.writes,
                   made.system_calls);
    }
    if (made.lost == 0) return done;
    return fail(limit_reached,
                fmt::format("the kernel lost {} events for want of room: the trace has gaps; record for a "
                            "shorter time",
                            made.lost));
}

exit_code record_trace(const record_question& asked) {
    if (asked.json && asked.output.empty())
        return fail(bad_usage, "--json needs --output: the trace itself is no JSON");
    const auto known = facts::load(asked.catalogue);
    if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
    const auto text = kernels_text(asked);
    if (!text) return fail(to_exit_code(text.error().kind), text.error().line());
    const auto made = context::record_switches(*text, **known, where_recorded(asked));
    if (made) return show_recording(asked, *made);
    const auto& wrong = made.error();
    return fail(bad_usage, fmt::format("{}, line {}, column {}: {}",
                                       asked.from_trace.empty() ? "the kernel's trace" : asked.from_trace, wrong.line,
                                       wrong.column, wrong.message));
}

}  // namespace

exit_code switch_record(int argc, char** argv) {
    record_question asked;
    CLI::App app{"Makes a trace of switches from Linux's tracepoints msr:write_msr and sched:sched_switch",
                 "switch record"};
    app.add_flag("--json", asked.json, "Print as JSON what was recorded; the trace goes to --output");
    app.add_option("--catalogue", asked.catalogue,
                   "A folder with register files of your own, added to the built-in ones");
    app.add_option("--seconds", asked.seconds, "How long; less if it is interrupted")
        ->check(CLI::Range(0.01, 3600.0))
        ->capture_default_str();
    app.add_flag("--system-calls", asked.system_calls,
                 "Also record system calls: they say when tasks return to user mode");
    app.add_option("--from-trace", asked.from_trace, "A saved text of tracefs's file trace, instead of this kernel");
    app.add_option("--output", asked.output, "The file for the trace (standard output)");
    return parse_and_run(app, argc, argv, [&] { return record_trace(asked); });
}

}  // namespace tool
