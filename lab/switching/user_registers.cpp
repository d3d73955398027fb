#include "lab/switching/user_registers.hpp"

#include "lab/ring0/tap.hpp"
#include "lab/ring0/value_of.hpp"
#include "lab/switching/entries.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/context/switch_plan/user_return.hpp"
#include "msr/core/native.hpp"
#include "msr/profile/resolve.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_xss.hpp"

namespace msr::switching {
namespace {

using namespace ring0;

// One of two values that differ from what the register holds. An address of a page is also a number that all of them
// take; what ring 3's calls need of the three that lead them into the kernel stays as it is.
std::uint64_t value_for(std::uint32_t address, std::uint64_t held, unsigned which) {
    const auto page = std::uint64_t{0x1000} << which;  // in FMASK: a bit of IOPL
    switch (address) {
        case ia32_star::address: return ia32_star::from_raw(held).sysret_cs_ss(static_cast<std::uint16_t>(page)).raw();
        case ia32_lstar::address: return call_entry(which);
        case ia32_fmask::address: return held | page;
        default: return page;
    }
}

}  // namespace

bool user_registers::find(const profile::profile& cpu) {
    std::uint32_t candidates[most_user_registers];
    std::size_t candidate_count = 0;
    for (const auto& entry : catalogue::built_in().registers) {
        if (entry.used_in != catalogue::use::user_mode || profile::exists(entry, cpu) == catalogue::holds::no) continue;
        if (candidate_count != 0 && candidates[candidate_count - 1] == entry.address) continue;  // another vendor's
        if (candidate_count == most_user_registers) bail_out("more than ", most_user_registers, " registers");
        candidates[candidate_count++] = entry.address;
    }
    const view<std::uint32_t> asked{candidates, candidate_count};
    const auto xss = value_of(ia32_xss::address);
    const auto all = context::make_switch_rules(cpu, asked, xss, rows_);
    if (!all) return false;
    context::user_return_registers<most_user_registers> here{asked};
    here.probe(native_bus{});
    count_ = 0;
    for (std::size_t at = 0; at < candidate_count; ++at) {
        if (!here.is_present(at) || all->rows[at].by_xsaves || !all->rows[at].can_wait) continue;
        held_[count_] = *here.known(at);
        addresses_[count_++] = candidates[at];
    }
    const auto rules = context::make_switch_rules(cpu, addresses(), xss, rows_);
    if (!rules) return false;
    rules_ = *rules;
    choose_values();
    return count_ != 0;
}

// Of each register, one task has another value than the two others.
void user_registers::choose_values() {
    for (std::size_t at = 0; at < count_; ++at) {
        for (unsigned task = 0; task < planned_tasks; ++task) {
            const unsigned which = at % planned_tasks == task ? 1 : 0;
            values_[task][at] = {addresses_[at], value_for(addresses_[at], held_[at], which)};
        }
    }
}

std::size_t user_registers::place_of(std::uint32_t address) const {
    for (std::size_t at = 0; at < count_; ++at) {
        if (addresses_[at] == address) return at;
    }
    bail_out("register ", hex{address}, " is not among those of user mode");
}

void user_registers::restore() const {
    for (std::size_t at = 0; at < count_; ++at)
        (void)native_bus{}.write(addresses_[at], held_[at]);
}

}  // namespace msr::switching
