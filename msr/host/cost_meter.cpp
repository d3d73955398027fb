#include "msr/host/cost_meter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "msr/core/time_stamp.hpp"
#include "msr/host/cpuid_reader.hpp"
#include "msr/host/linux_access.hpp"
#include "msr/host/linux_cpu.hpp"
#include "msr/host/pinned.hpp"

namespace msr::host {
namespace {

using words = std::vector<std::uint64_t>;

std::size_t bytes(std::size_t values) {
    return values * sizeof(std::uint64_t);
}

bool all_of_it(ssize_t moved, std::size_t wanted) {
    return moved >= 0 && static_cast<std::size_t>(moved) == wanted;
}

std::optional<std::uint32_t> second_cpu(std::uint32_t first, std::span<const std::uint32_t> online) {
    for (const auto cpu : online) {
        if (cpu != first && pinned{cpu}) return cpu;
    }
    return std::nullopt;
}

struct pipe_ends {
    descriptor out;
    descriptor in;

    pipe_ends() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
        out = descriptor{ends[0]};
        in = descriptor{ends[1]};
    }
};

bool send(const descriptor& to) {
    const char byte = 0;
    return ::write(to.get(), &byte, 1) == 1;
}

bool receive(const descriptor& from) {
    char byte = 0;
    return ::read(from.get(), &byte, 1) == 1;
}

// A process that sends back each byte it gets, until the pipe to it is closed.
class echo {
  public:
    echo() : process_{::fork()} {
        if (process_ != 0) return;
        to_.in = {};
        while (receive(to_.out) && send(back_.in)) {
        }
        ::_exit(0);
    }
    echo(const echo&) = delete;
    echo& operator=(const echo&) = delete;
    echo(echo&&) = delete;
    echo& operator=(echo&&) = delete;
    ~echo() {
        to_.in = descriptor{};
        if (process_ > 0) ::waitpid(process_, nullptr, 0);
    }

    [[nodiscard]] bool round_trip() const { return process_ > 0 && send(to_.in) && receive(back_.out); }

  private:
    pipe_ends to_;
    pipe_ends back_;
    pid_t process_;  // after the pipes: it inherits them
};

struct moment {
    double ns = 0;
    double ticks = 0;
};

// Both clocks at the same time: of a few looks, the one in which least came between.
moment look_at_clocks() {
    moment best;
    auto least = ~std::uint64_t{0};
    for (int look = 0; look < 8; ++look) {
        const auto before = time_stamp();
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC_RAW, &now);
        const auto between = time_stamp() - before;
        if (between >= least) continue;
        least = between;
        best = {static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec),
                static_cast<double>(before) + static_cast<double>(between) / 2};
    }
    return best;
}

timed_call repeated(std::function<bool()> once) {
    return [once = std::move(once)](std::size_t times) {
        for (; times != 0; --times) {
            if (!once()) return false;
        }
        return true;
    };
}

}  // namespace

double time_stamps_per_ns() {
    constexpr double long_enough = 20e6;
    const auto start = look_at_clocks();
    auto end = start;
    // Not asleep: a time-stamp counter that is not invariant may stand still then.
    while (end.ns - start.ns < long_enough)
        end = look_at_clocks();
    return (end.ticks - start.ticks) / (end.ns - start.ns);
}

outcome<cost_meter> cost_meter::open(std::uint32_t cpu, std::span<const std::uint32_t> online, timing how,
                                     const std::filesystem::path& root) {
    const auto folder = root / "dev/cpu" / std::to_string(cpu);
    const descriptor device{::open((folder / "msr").c_str(), O_RDONLY | O_CLOEXEC)};
    if (!device) return std::unexpected{explain_open(folder / "msr", errno, gather_facts(root))};
    if (!pinned{cpu}) {
        return std::unexpected{error{error_kind::no_access, fmt::format("cannot measure on CPU {}", cpu),
                                     "this process may not run on it",
                                     "name another CPU, or widen the process's set of CPUs (see: taskset -p)"}};
    }
    return cost_meter{cpu, second_cpu(cpu, online), std::move(how), folder};
}

cost_meter::cost_meter(std::uint32_t cpu, std::optional<std::uint32_t> other, timing how, std::filesystem::path folder)
    : cpu_{cpu}, other_{other}, how_{std::move(how)}, folder_{std::move(folder)} {}

result<read_cost> cost_meter::read(std::uint32_t address) const {
    const descriptor device{::open((folder_ / "msr").c_str(), O_RDONLY | O_CLOEXEC)};
    if (!device) return std::unexpected{fault{address, cpu_, direction::read, cause_of(errno)}};
    words values(how_.values);
    int failed = 0;
    const timed_call call = [&](std::size_t count) {
        const auto moved = ::pread(device.get(), values.data(), bytes(count), address);
        if (!all_of_it(moved, bytes(count))) failed = moved < 0 ? errno : 0;
        return all_of_it(moved, bytes(count));
    };
    const auto cost_on = [&](std::uint32_t cpu) -> std::optional<call_cost> {
        const pinned here{cpu};
        if (!here) return std::nullopt;
        return cost_of_calls(how_, call);
    };
    const auto own = cost_on(cpu_);
    if (!own) return std::unexpected{fault{address, cpu_, direction::read, cause_of(failed)}};
    return read_cost{*own, other_ ? cost_on(*other_) : std::nullopt};
}

result<call_cost> cost_meter::rewrite(std::uint32_t address) const {
    const descriptor device{::open((folder_ / "msr").c_str(), O_RDWR | O_CLOEXEC)};
    if (!device) return std::unexpected{fault{address, cpu_, direction::write, cause_of(errno)}};
    words values(how_.values);
    fault problem{address, cpu_, direction::write, cause::device_failed};
    const auto done = [&](ssize_t moved, std::size_t wanted, direction way) {
        if (all_of_it(moved, wanted)) return true;
        problem.direction = way;
        problem.cause = moved < 0 ? cause_of(errno) : cause::device_failed;
        return false;
    };
    const auto read_anew = [&] {
        std::uint64_t value = 0;
        const auto moved = ::pread(device.get(), &value, sizeof value, address);
        std::ranges::fill(values, value);
        return done(moved, sizeof value, direction::read);
    };
    const timed_call call = [&](std::size_t count) {
        return done(::pwrite(device.get(), values.data(), bytes(count), address), bytes(count), direction::write);
    };
    const pinned here{cpu_};
    if (!here) return std::unexpected{problem};
    if (const auto cost = cost_of_calls(how_, call, read_anew)) return *cost;
    return std::unexpected{problem};
}

std::optional<double> cost_meter::driver_share() const {
    const descriptor device{::open((folder_ / "cpuid").c_str(), O_RDONLY | O_CLOEXEC)};
    if (!device) return std::nullopt;
    std::vector<profile::cpuid_answer> answers(how_.values);
    // The driver goes on to the next leaf with each answer.
    const auto by_driver = [&](std::size_t count) {
        const auto wanted = count * sizeof answers.front();
        return all_of_it(::pread(device.get(), answers.data(), wanted, 0), wanted);
    };
    const auto directly = [&](std::size_t count) {
        for (std::uint32_t leaf = 0; leaf < count; ++leaf)
            answers[leaf] = native_cpuid(leaf, 0);
        return true;
    };
    const pinned here{cpu_};
    const auto whole = cost_of_calls(how_, by_driver);
    const auto instruction = cost_of_calls(how_, directly);
    if (!here || !whole || !instruction) return std::nullopt;
    return difference(whole->value, instruction->value);
}

std::optional<spread> cost_meter::system_call() const {
    const pinned here{cpu_};
    if (!here) return std::nullopt;
    const auto cost = cost_of_calls(how_, repeated([] { return ::syscall(SYS_getppid) >= 0; }));
    return cost ? std::optional{cost->value} : std::nullopt;
}

std::optional<double> cost_meter::context_switch() const {
    const pinned here{cpu_};
    const echo partner;  // inherits the CPU
    const pipe_ends pipe;
    const auto round_trip = cost_of_calls(how_, repeated([&] { return partner.round_trip(); }));
    const auto by_itself = cost_of_calls(how_, repeated([&] { return send(pipe.in) && receive(pipe.out); }));
    if (!here || !round_trip || !by_itself) return std::nullopt;
    auto pipes = by_itself->value;  // a round trip has two
    for (auto* one : {&pipes.least, &pipes.lower_quartile, &pipes.median, &pipes.upper_quartile, &pipes.percentile_99})
        *one *= 2;
    const auto both = difference(round_trip->value, pipes);
    return both ? std::optional{*both / 2} : std::nullopt;
}

}  // namespace msr::host
