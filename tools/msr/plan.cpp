#include "tools/msr/plan.hpp"

#include <algorithm>
#include <set>

#include "msr/profile/resolve.hpp"

namespace tool {

std::vector<std::uint32_t> readable_addresses(const session& from, bool probe) {
    std::set<std::uint32_t> addresses;
    for (const auto& entry : from.facts().registers) {
        if (entry.access == catalogue::access::write_only && !probe) continue;
        std::uint32_t members = probe ? entry.members : 0;
        for (const auto number : from.cpus()) {
            const auto& cpu = from.cpu(number);
            if (!probe && profile::exists(entry, cpu) != catalogue::holds::no)
                members = std::max(members, profile::member_count(entry, cpu));
        }
        for (std::uint32_t member = 0; member < members; ++member)
            addresses.insert(entry.address + entry.stride * member);
    }
    return {addresses.begin(), addresses.end()};
}

}  // namespace tool
