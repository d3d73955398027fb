// Between the lab's text and Bochs: makes the ROM that Bochs starts from, and answers of what its console says.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lab/oracle/cases.hpp"
#include "lab/oracle/image_file.hpp"

namespace {

using namespace msr;
using namespace msr::oracle;

int fail(std::string_view why) {
    fmt::print(stderr, "bochs_oracle: {}\n", why);
    return 1;
}

int pack(const std::vector<test_case>& cases, const std::string& path) {
    rom start;
    auto& image = start.image();
    if (cases.size() > image.table().size())
        return fail(
            fmt::format("{} cases are too many for one run: split them at {}", cases.size(), image.table().size()));
    for (std::size_t at = 0; const auto& one : cases) {
        if (one.by_host) return fail("'" + to_line(one) + "': Bochs has no KVM_GET_MSRS; only guest cases");
        image.table()[at++] = untried(one);
    }
    image.mailbox().streams = 1;
    image.mailbox().count = static_cast<std::uint32_t>(cases.size());
    std::ofstream file{path, std::ios::binary};
    file.write(reinterpret_cast<const char*>(start.bytes().data()), static_cast<std::streamsize>(start.bytes().size()));
    if (!file.flush()) return fail("cannot write " + path);
    return 0;
}

bool parse_answer(const std::vector<std::string_view>& parts, exchange& answer) {
    std::uint64_t steps[4];
    if (parts.size() != 7) return false;
    for (std::size_t at = 0; at < 4; ++at) {
        if (!parse_number(parts[at + 1], steps[at])) return false;
    }
    answer.first_read = step{static_cast<std::uint8_t>(steps[0])};
    answer.write = step{static_cast<std::uint8_t>(steps[1])};
    answer.second_read = step{static_cast<std::uint8_t>(steps[2])};
    answer.restore = step{static_cast<std::uint8_t>(steps[3])};
    return parse_number(parts[5], answer.old_value) && parse_number(parts[6], answer.new_value);
}

/// What the console says, line by line, until the image says that it has ended.
class console {
  public:
    explicit console(const std::vector<test_case>& cases) : cases_{cases} {}

    void take(std::string_view line) {
        if (!line.starts_with('@')) return;  // the emulator's own
        line.remove_prefix(1);
        const auto parts = words(line);
        profile::cpuid_leaf leaf;
        exchange answer;
        if (parts.empty()) return;
        if (parts[0] == "answer" && answered_ < cases_.size() && parse_answer(parts, answer))
            fmt::print("{}\n", to_line(cases_[answered_++], answer));
        else if (parse_leaf(line, leaf))
            fmt::print("{}\n", to_line(leaf));
        else if (parts[0] == "event" && parts.size() == 4 && parse_number(parts[1], event_.vector) &&
                 parse_number(parts[2], event_.error_code) && parse_number(parts[3], event_.instruction_pointer))
            why_ = describe(event_);
        started_ = true;
    }

    [[nodiscard]] int finish() const {
        if (answered_ == cases_.size()) return 0;
        if (!started_) return fail("the machine said nothing: has this model 64-bit mode?");
        return fail(
            fmt::format("case {}, '{}', killed the machine: {}", answered_ + 1, to_line(cases_[answered_]), why_));
    }

  private:
    const std::vector<test_case>& cases_;
    std::size_t answered_ = 0;
    bool started_ = false;
    unexpected_event event_;
    std::string why_ = "it fell silent";
};

int unpack(const std::vector<test_case>& cases) {
    console said{cases};
    for (std::string line; std::getline(std::cin, line);)
        said.take(line);
    return said.finish();
}

int run(int count, char** arguments) {
    const std::vector<std::string> given{arguments + 1, arguments + count};
    const bool packs = given.size() == 3 && given[0] == "pack";
    const bool unpacks = given.size() == 2 && given[0] == "unpack";
    if (!packs && !unpacks) {
        fmt::print(stderr, "usage: bochs_oracle pack CASES ROM | unpack CASES <CONSOLE\n");
        return 2;
    }
    const auto cases = read_cases(given[1]);
    if (!cases) {
        fmt::print(stderr, "bochs_oracle: {}\n", cases.error().line());
        return 2;
    }
    return packs ? pack(*cases, given[2]) : unpack(*cases);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run(count, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bochs_oracle: %s\n", error.what());  // formatting could throw in its turn
        return 3;
    }
}
