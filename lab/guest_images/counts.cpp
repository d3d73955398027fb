// Reads and writes that can be counted, of registers of every kind: one that the engine holds, some that instructions
// use, one that counts by itself. Exits with 0 if each answered as a CPU does, else with the number of what did not.
#include "lab/guest_images/exit.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"

namespace {

using namespace msr;

constexpr native_bus bus{};
std::uint64_t pointed_to = 0x1122334455667788;

bool keeps(std::uint32_t index, std::uint64_t value) {
    return bus.write(index, value) && bus.read(index) == value;
}

std::uint64_t load_by_fs() {
    std::uint64_t value = 0;
    asm volatile("mov %%fs:0, %0" : "=r"(value)::"memory");
    return value;
}

std::uint8_t first_wrong() {
    for (int time = 0; time < 3; ++time) {
        if (read<ia32_pat>(bus) != ia32_pat::at_reset()) return 1;
    }
    constexpr std::uint64_t write_back_everywhere = 0x0606060606060606;
    if (!keeps(ia32_pat::address, write_back_everywhere)) return 2;
    if (!keeps(ia32_lstar::address, reinterpret_cast<std::uint64_t>(&load_by_fs))) return 3;
    if (!keeps(ia32_mtrr_def_type::address, ia32_mtrr_def_type{}.e(true).raw())) return 4;
    if (!keeps(ia32_fs_base::address, reinterpret_cast<std::uint64_t>(&pointed_to))) return 5;
    if (load_by_fs() != pointed_to) return 6;
    const auto before = bus.read(ia32_time_stamp_counter::address);
    const auto after = bus.read(ia32_time_stamp_counter::address);
    return before && after && *before < *after ? 0 : 7;
}

}  // namespace

std::uint8_t msr::lab::guest_result() {
    return first_wrong();
}
