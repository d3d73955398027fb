#include "lab/switching/user_task.hpp"

#include "lab/switching/tasks.hpp"

namespace msr::switching {
namespace {

// What the tasks begin with is switched, too: about as often as what they load.
constexpr std::uint64_t rounds_before_loads = 10'000;

std::uint64_t rdfsbase() {
    std::uint64_t base = 0;
    asm volatile("rdfsbase %0" : "=r"(base));
    return base;
}
std::uint64_t rdgsbase() {
    std::uint64_t base = 0;
    asm volatile("rdgsbase %0" : "=r"(base));
    return base;
}

// The words are read first: they are there on every CPU.
task_bases look(bool reads_bases) {
    task_bases seen;
    std::uint64_t fs_word = 0;
    std::uint64_t gs_word = 0;
    asm volatile("mov %%fs:0, %0\n\tmov %%gs:0, %1" : "=r"(fs_word), "=r"(gs_word)::"memory");
    asm volatile("mov %%fs, %k0\n\tmov %%gs, %k1" : "=r"(seen.fs.selector), "=r"(seen.gs.selector));
    seen.fs.base = word_at(fs_word);
    seen.gs.base = word_at(gs_word);
    if (reads_bases && (rdfsbase() != seen.fs.base || rdgsbase() != seen.gs.base)) seen = {};
    return seen;
}

void check_own(user_task& self) {
    const auto seen = look(self.writes_bases);
    ++self.checks;
    if (seen.fs == self.has.fs && seen.gs == self.has.gs) return;
    if (self.wrong++ == 0) self.seen = seen;
}

// MOV works in ring 3 on every CPU, and takes the base along.
void load_segments(user_task& self, std::uint64_t round) {
    const auto descriptor = [&](bool first) -> bases {
        return first ? bases{first_selector, first_descriptor_base} : bases{second_selector, second_descriptor_base};
    };
    self.has.fs = descriptor(round % 2 == 0);
    if (!self.keeps_gs) self.has.gs = descriptor(round / 2 % 2 == 0);
    asm volatile("mov %k0, %%fs\n\tmov %k1, %%gs" ::"r"(self.has.fs.selector), "r"(self.has.gs.selector) : "memory");
    ++self.loads;
}

// To another of its own places, which no descriptor knows.
void change_bases(user_task& self, std::uint64_t round) {
    self.has.fs.base = place(self.first_place + static_cast<unsigned>(round % places_of_a_task));
    if (!self.keeps_gs)
        self.has.gs.base = place(self.first_place + static_cast<unsigned>(round / 3 % places_of_a_task));
    asm volatile("wrfsbase %0\n\twrgsbase %1" ::"r"(self.has.fs.base), "r"(self.has.gs.base) : "memory");
    ++self.changes;
}

void call_kernel() {
    asm volatile("syscall" ::: "rcx", "r11", "memory");
}

}  // namespace

void user_task_main(user_task* self) {
    for (std::uint64_t round = 0;; ++round) {
        check_own(*self);
        if (round >= rounds_before_loads && round % 8 == 3) {
            load_segments(*self, round / 8);
            check_own(*self);
        }
        if (self->writes_bases && round % 4 == 1) {
            change_bases(*self, round);
            check_own(*self);
        }
        call_kernel();
    }
}

}  // namespace msr::switching
