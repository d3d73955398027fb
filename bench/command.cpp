// Runs commands in turns, many times each, and prints a line for each: the median of the wall time in microseconds,
// the peak memory in KiB, the command.
//
// usage: bench_command ROUNDS COMMAND... where a COMMAND is one argument, its words parted by single spaces.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.hpp"

namespace {

struct command {
    const char* line = nullptr;
    std::vector<std::string> words;
    std::vector<double> times;
    long peak_kib = 0;
};

command parse(const char* line) {
    command result{.line = line};
    std::string rest = line;
    for (auto gap = rest.find(' '); gap != std::string::npos; gap = rest.find(' ')) {
        result.words.push_back(rest.substr(0, gap));
        rest.erase(0, gap + 1);
    }
    result.words.push_back(rest);
    return result;
}

// posix_spawn shares this program's memory until the exec, so that its size costs the children nothing.
bool run(command& what, const posix_spawn_file_actions_t& quiet) {
    std::vector<char*> words;
    for (auto& word : what.words)
        words.push_back(word.data());
    words.push_back(nullptr);
    int status = -1;
    rusage used{};
    what.times.push_back(bench::microseconds([&] {
        pid_t child = 0;
        if (::posix_spawnp(&child, words.front(), &quiet, nullptr, words.data(), environ) != 0) return;
        ::wait4(child, &status, 0, &used);
    }));
    what.peak_kib = std::max(what.peak_kib, used.ru_maxrss);
    // 1 is a finding, as of `msr report`.
    return WIFEXITED(status) && WEXITSTATUS(status) <= 1;
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc < 3 ? 0 : std::atoi(argv[1]);
    if (rounds < 1) {
        std::fputs("usage: bench_command ROUNDS COMMAND...\n", stderr);
        return 2;
    }
    std::vector<command> commands;
    for (int at = 2; at < argc; ++at)
        commands.push_back(parse(argv[at]));
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    ::posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&quiet, STDOUT_FILENO, STDERR_FILENO);
    for (int round = 0; round < rounds; ++round) {
        for (auto& one : commands) {
            if (run(one, quiet)) continue;
            std::fprintf(stderr, "bench_command: it failed: %s\n", one.line);
            return 1;
        }
    }
    for (const auto& one : commands)
        std::printf("%.0f %ld %s\n", bench::median(one.times), one.peak_kib, one.line);
    return 0;
}
