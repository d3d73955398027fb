// Random filters, put to KVM and to our rules: whether they are taken, and what becomes of each access.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <exception>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lab/oracle/cases.hpp"
#include "lab/oracle/virtual_machine.hpp"
#include "msr/host/kvm_requests.hpp"
#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_mtrr_physbase.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/registers/ia32_x2apic_apicid.hpp"
#include "msr/virt/kvm_filter.hpp"

namespace {

using namespace msr;
using namespace msr::oracle;
using virt::kvm_filter;
using virt::kvm_filter_limits;

constexpr std::string_view usage =
    "usage: kvm_filter_oracle FILTERS SEED\n\n"
    "Makes so many random filters, and says where KVM and our rules differ on them. Exit code 1: they do.\n";

/// A filter with its memory. Most are well made; some are spoiled in one place.
class random_filter {
  public:
    explicit random_filter(std::mt19937& random) : random_{random} {
        const auto count = below(kvm_filter_limits::ranges + 1);
        for (std::uint32_t at = 0; at < count; ++at)
            add_range();
        flags_ = one_in(3) ? 0 : kvm_filter::denies_by_default;
        if (one_in(4)) spoil();
    }

    [[nodiscard]] kvm_filter operator*() const { return {flags_, ranges_}; }

  private:
    [[nodiscard]] std::uint32_t below(std::size_t end) { return static_cast<std::uint32_t>(random_() % end); }
    [[nodiscard]] bool one_in(std::uint32_t chances) { return below(chances) == 0; }

    // Where registers are, where there are none, at both ends of all, and over ranges that are there already.
    [[nodiscard]] std::uint32_t some_base() {
        if (!ranges_.empty() && one_in(2)) return ranges_[below(ranges_.size())].base + below(32) - 16;
        switch (below(7)) {
            case 0: return below(0x20);
            case 1: return ia32_mtrr_physbase::address + below(0x100);
            case 2: return ia32_x2apic_apicid::address - below(0x20);
            case 3: return ia32_efer::address + below(8);
            case 4: return ~0U - below(0x20);
            case 5: return 0x12340000 + below(0x10000);
            default: return static_cast<std::uint32_t>(random_());
        }
    }

    [[nodiscard]] std::uint32_t some_count() {
        if (one_in(8)) return 0;
        if (one_in(8)) return kvm_filter_limits::registers - below(3);
        return 1 + (one_in(3) ? below(kvm_filter_limits::registers) : below(70));
    }

    void add_range() {
        const auto count = some_count();
        auto& words = bitmaps_.emplace_back((count + 63) / 64);
        std::ranges::generate(words, [&] { return std::uint64_t{random_()} << 32 | random_(); });
        // Of an empty slot nothing else counts.
        const auto flags = count == 0 ? below(8) : 1 + below(3);
        ranges_.push_back({.flags = flags, .base = some_base(), .count = count, .bitmap = words});
    }

    void spoil() {
        if (ranges_.empty() || one_in(6)) {
            flags_ = 1U << (1 + below(31));
            return;
        }
        auto& range = ranges_[below(ranges_.size())];
        switch (below(4)) {
            case 0: range.flags = 0; break;
            case 1: range.flags |= 1U << (2 + below(30)); break;
            case 2: range.count = one_in(2) ? kvm_filter_limits::registers + 1 : ~0U - below(70); break;
            default: range.bitmap = {}; break;
        }
    }

    std::mt19937& random_;
    std::uint32_t flags_ = 0;
    std::vector<std::vector<std::uint64_t>> bitmaps_;
    std::vector<virt::kvm_filter_range> ranges_;
};

/// How much was compared.
struct tally {
    std::size_t taken = 0;
    std::size_t refused = 0;
    std::size_t decisions = 0;
    std::size_t denied = 0;
    std::size_t differences = 0;
};

/// One machine, whose filter is exchanged again and again.
class filter_trial {
  public:
    filter_trial(virtual_machine& machine, std::mt19937& random) : machine_{machine}, random_{random} {}

    /// False if the guest died.
    [[nodiscard]] bool try_filter(const kvm_filter& filter) {
        const auto ours = filter.validate();
        const auto theirs = machine_.install(host::kvm::kernel_filter(filter));
        const auto expected = ours                                                                     ? 0
                              : ours.error().why == virt::kvm_filter_refusal::reason::bitmap_too_short ? EFAULT
                                                                                                       : EINVAL;
        if (theirs != expected) {
            differ(fmt::format("KVM: {}, ours: {}", host::describe_errno(theirs),
                               ours ? "taken" : std::string_view{to_string(ours.error().why)}));
        }
        ++(theirs == 0 ? counts_.taken : counts_.refused);
        return theirs != 0 || !ours || compare_decisions(filter);
    }

    [[nodiscard]] const tally& counts() const { return counts_; }

  private:
    void differ(const std::string& how) {
        ++counts_.differences;
        fmt::print("filter {}: {}\n", counts_.taken + counts_.refused, how);
    }

    // Both ends of each range, from within and without, what is in it, and what is always somewhere.
    [[nodiscard]] std::vector<std::uint32_t> probed_registers(const kvm_filter& filter) {
        const auto x2apic = ia32_x2apic_apicid::address & ~0xFFU;
        std::set<std::uint32_t> found{
            x2apic - 1, x2apic, x2apic + 0xFF,      x2apic + 0x100,         ia32_time_stamp_counter::address,
            0,          ~0U,    ia32_star::address, ia32_apic_base::address};
        for (const auto& range : filter.ranges) {
            const auto end = range.base + range.count;
            found.insert({range.base - 1, range.base, end - 1, end});
            for (int more = 0; more < 3 && range.count != 0; ++more)
                found.insert(range.base + static_cast<std::uint32_t>(random_() % range.count));
        }
        return {found.begin(), found.end()};
    }

    [[nodiscard]] bool compare_decisions(const kvm_filter& filter) {
        const auto registers = probed_registers(filter);
        const auto table = machine_.image().table();
        // All bits: nearly every register refuses that, so that what is allowed changes little.
        std::ranges::transform(registers, table.begin(), [](std::uint32_t index) {
            return untried({.keeps = true, .address = index, .value = ~std::uint64_t{0}});
        });
        const auto died = machine_.run(static_cast<std::uint32_t>(registers.size()));
        if (died) {
            differ("the guest died: " + *died);
            return false;
        }
        std::set<std::pair<std::uint32_t, direction>> filtered;
        for (const auto& one : machine_.take_asked_accesses()) {
            if (one.reason == static_cast<std::uint32_t>(virt::kvm_exit_reason::filtered))
                filtered.emplace(one.index, one.access);
        }
        for (std::size_t at = 0; at < registers.size(); ++at) {
            compare(filter, registers[at], direction::read, filtered, table[at].first_read);
            compare(filter, registers[at], direction::write, filtered, table[at].write);
        }
        return true;
    }

    void compare(const kvm_filter& filter, std::uint32_t index, direction access,
                 const std::set<std::pair<std::uint32_t, direction>>& filtered, step became) {
        ++counts_.decisions;
        const bool theirs = !filtered.contains({index, access});
        const auto ours = filter.allows(index, access);
        if (!theirs) ++counts_.denied;
        const auto* const word = access == direction::read ? "read" : "write";
        if (ours != theirs) differ(fmt::format("{} of {:x}: KVM {} it", word, index, theirs ? "allows" : "denies"));
        if (!theirs && became != step::refused) differ(fmt::format("{} of {:x}: denied, and yet done", word, index));
    }

    virtual_machine& machine_;
    std::mt19937& random_;
    tally counts_;
};

int fail(int status, std::string_view why) {
    std::fflush(stdout);
    fmt::print(stderr, "kvm_filter_oracle: {}\n", why);
    return status;
}

int run(int count, char** arguments) {
    std::uint32_t filters = 0;
    std::uint32_t seed = 0;
    const auto number = [](std::string_view word, std::uint32_t& into) {
        const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), into);
        return problem == std::errc{} && end == word.data() + word.size();
    };
    if (count != 3 || !number(arguments[1], filters) || !number(arguments[2], seed)) return fail(2, usage);
    constexpr std::uint32_t all_reasons =
        KVM_MSR_EXIT_REASON_FILTER | KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL;
    auto machine = virtual_machine::create({.asked_reasons = all_reasons});
    if (!machine) return fail(3, machine.error().line());
    if (const auto died = machine->run(0)) return fail(3, *died);
    std::mt19937 random{seed};
    filter_trial trial{*machine, random};
    for (std::uint32_t at = 0; at < filters; ++at) {
        const random_filter made{random};
        if (!trial.try_filter(*made)) break;
    }
    const auto& counts = trial.counts();
    fmt::print("{} filters taken, {} refused, {} decisions, {} denied, {} differences\n", counts.taken, counts.refused,
               counts.decisions, counts.denied, counts.differences);
    return counts.differences == 0 && counts.taken + counts.refused == filters ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run(count, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kvm_filter_oracle: %s\n", error.what());  // formatting could throw in its turn
        return 3;
    }
}
