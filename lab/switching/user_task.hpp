// A task's program in ring 3: it knows what its bases and selectors are, looks at them all the time, loads other
// selectors, and changes the bases where the CPU lets it. Freestanding.
#pragma once

#include <cstdint>

#include "lab/switching/sequence.hpp"

namespace msr::switching {

/// What a task knows of itself, in memory that only it writes.
struct user_task {
    unsigned first_place = 0;   // of its own
    bool writes_bases = false;  // FSGSBASE
    bool keeps_gs = false;      // a null selector with a base of 0: its task's plans count on it
    task_bases has;             // as it was given them, or gave them to itself
    std::uint64_t checks = 0;
    std::uint64_t changes = 0;
    std::uint64_t loads = 0;
    std::uint64_t wrong = 0;
    task_bases seen;  // the first time that it was wrong; the words that it read are its bases', inverted
};

/// The word at a base by which a task knows where it leads.
constexpr std::uint64_t word_at(std::uint64_t base) {
    return ~base;
}

/// Never returns; calls the kernel each time round.
[[noreturn]] void user_task_main(user_task* self);

}  // namespace msr::switching
