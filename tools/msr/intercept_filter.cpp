#include "tools/msr/intercept_filter.hpp"

#include <memory>

#include <fmt/format.h>

#include "msr/virt/kvm_filter.hpp"
#include "tools/msr/intercept.hpp"
#include "tools/msr/kvm_filter.hpp"

namespace tool {

namespace virt = msr::virt;

namespace {

constexpr std::size_t most_left_out_named = 8;

std::vector<virt::passed_register> passed_registers(const intercept_case& on) {
    std::vector<virt::passed_register> result;
    for (const auto address : on.addresses()) {
        const auto reads = on.exits(address, msr::direction::read) ? 0U : 1U;
        const auto writes = on.exits(address, msr::direction::write) ? 0U : 2U;
        if ((reads | writes) != 0) result.push_back({address, static_cast<virt::accesses>(reads | writes)});
    }
    return result;
}

// Every access that the filter decides otherwise, the first few by name.
std::string left_out_of(const virt::kvm_filter& filter, const intercept_case& on,
                        const std::vector<virt::passed_register>& wanted) {
    std::size_t count = 0;
    std::string names;
    for (const auto& one : wanted) {
        for (const auto access : {msr::direction::read, msr::direction::write}) {
            if (!virt::includes(one.allowed, access) || filter.allows(one.index, access)) continue;
            if (++count > most_left_out_named) continue;
            const auto name = name_at(on, one.index);
            names +=
                fmt::format("{}{}s of {}", names.empty() ? "" : ", ", access == msr::direction::read ? "read" : "write",
                            name.empty() ? fmt::format("{:#x}", one.index) : name);
        }
    }
    if (count == 0) return {};
    if (count > most_left_out_named) names += fmt::format(" and {} more", count - most_left_out_named);
    return "a filter of 16 ranges cannot allow all that passes; denied are " + names;
}

}  // namespace

host::outcome<rendered_filter> filter_text(const intercept_case& on) {
    const auto wanted = passed_registers(on);
    const auto memory = std::make_unique<virt::kvm_filter_storage>();
    const auto packed = virt::pack(wanted, *memory);
    if (!packed) return host::bad_input(fmt::format("{:#x} cannot stand in a filter", packed.error()));
    if (const auto good = packed->filter.validate(); !good) {
        return host::bad_input("KVM would refuse a filter of what passes", refusal_in_words(good.error()),
                               wanted.empty() ? "nothing passes" : "");
    }
    return rendered_filter{write_kvm_filter(packed->filter), left_out_of(packed->filter, on, wanted)};
}

}  // namespace tool
