#include "tools/msr/write_check.hpp"

#include "msr/host/owned.hpp"
#include "msr/rules/all.hpp"

namespace tool {

namespace {

struct one_cpu {
    host::machine* machine;
    std::uint32_t number;
};

std::optional<std::uint64_t> read_one(void* owner, std::uint32_t address) {
    const auto& from = *static_cast<const one_cpu*>(owner);
    if (from.machine == nullptr) return std::nullopt;
    const auto value = from.machine->read({&from.number, 1}, {&address, 1}).at(0, 0);
    return value ? std::optional{*value} : std::nullopt;
}

}  // namespace

profile::verdict check_write(const catalogue::target& what, const profile::profile& cpu, std::uint64_t old,
                             std::uint64_t value, host::machine* machine, std::uint32_t number) {
    one_cpu from{machine, number};
    // Whoever can ask runs in an operating system, which has paging on.
    profile::surroundings around{.cpu = cpu, .state = {.paging = true}, .owner = &from, .value = read_one};
    const host::owned_behaviour behaviour{*what.entry, cpu, {.rules = msr::rules::all}};
    return profile::try_write(*behaviour, {.around = around, .address = what.address(), .old = old, .value = value});
}

}  // namespace tool
