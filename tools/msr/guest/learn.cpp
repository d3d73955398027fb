#include "tools/msr/guest/learn.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "msr/catalogue/load/loader.hpp"
#include "msr/virt/kvm_filter.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace host = msr::host;

namespace {

// A string of JSON is one of YAML.
std::string quoted(const std::string& words) {
    return json(words).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string times(std::uint64_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string counted(const register_counts& counts) {
    std::string result;
    if (counts.reads.done != 0) result = times(counts.reads.done, "read");
    if (counts.writes.done != 0) result += (result.empty() ? "" : " and ") + times(counts.writes.done, "write");
    return result;
}

std::string_view access_word(bool reads, bool writes) {
    return reads && writes ? "rw" : reads ? "r" : "w";
}

// A row's limit in catalogue/policy_schema.json, and a range's: the registers of a range of a map.
constexpr std::size_t most_in_row = 64;
constexpr std::uint32_t most_in_learned_range = 0x2000;
// No verb reads a longer one.
constexpr std::size_t most_learned_bytes = 1 << 20;

/// Registers of which the same is said share rows.
class policy_writer {
  public:
    policy_writer(guest_registers& registers, bool cut_short)
        : registers_{registers}, run_{cut_short ? " in the run, which was cut short." : " in the run."} {}

    void add(std::uint32_t index, const register_counts& counts) {
        const bool reads = counts.reads.done != 0;
        const bool writes = counts.writes.done != 0;
        if (reads || writes) {
            const auto access = access_word(reads, writes);
            if (!msr::virt::is_filtered_by_kvm(index))
                intercept(index, access, counted(counts) + "; no filter reaches the registers of the local APIC.");
            else if (!registers_.known_to_kvm(index))
                intercept(index, access, counted(counts) + "; KVM has no such register, so that user space answers.");
            else
                pass(index, access, counted(counts));
        }
        refuse(index, "r", "read", counts.reads);
        refuse(index, "w", "write", counts.writes);
    }

    /// By their first registers.
    [[nodiscard]] std::string rows() const {
        std::vector<const verdict*> in_order;
        for (const auto& one : verdicts_)
            in_order.push_back(&one);
        std::ranges::sort(in_order, {}, [](const verdict* one) { return std::tie(one->second.front(), one->first); });
        std::string result;
        for (const auto* const one : in_order) {
            const auto names = names_of(one->second);
            for (std::size_t at = 0; at < names.size(); at += most_in_row) {
                const std::span row{names.begin() + static_cast<std::ptrdiff_t>(at),
                                    std::min(most_in_row, names.size() - at)};
                result += fmt::format("  - registers: [{}]\n{}", fmt::join(row, ", "), one->first);
            }
        }
        return result;
    }

  private:
    // What is said of an access, as a row's lines, and of which registers: ascending.
    using verdict = std::pair<const std::string, std::vector<std::uint32_t>>;

    // Ranges for what the catalogue does not name, or not by a name of its own.
    [[nodiscard]] std::vector<std::string> names_of(const std::vector<std::uint32_t>& addresses) const {
        std::vector<std::string> result;
        for (auto first = addresses.begin(); first != addresses.end();) {
            auto last = first++;
            if (const auto name = registers_.name(*last); is_named(*last, name)) {
                result.push_back(quoted(name));
                continue;
            }
            const auto begin = *last;
            while (first != addresses.end() && *first == *last + 1 && *first - begin < most_in_learned_range &&
                   !is_named(*first, registers_.name(*first)))
                last = first++;
            result.push_back(fmt::format("\"{:#x}-{:#x}\"", begin, *last));
        }
        return result;
    }
    [[nodiscard]] bool is_named(std::uint32_t index, const std::string& name) const {
        const auto targets = catalogue::find_by_name(registers_.cpu().facts(), name);
        return targets && !targets->empty() &&
               std::ranges::all_of(*targets, [&](const auto& one) { return one.address() == index; });
    }
    void say(std::uint32_t index, std::string_view access, const std::string& lines) {
        verdicts_[fmt::format("    access: {}\n{}", access, lines)].push_back(index);
    }
    void pass(std::uint32_t index, std::string_view access, const std::string& count) {
        say(index, access,
            fmt::format("    pass: always\n    safe: {}\n    worth: {}\n",
                        quoted("Not judged: it was learned from a run, not from what the register does."),
                        quoted("Counted: " + count + run_)));
    }
    void intercept(std::uint32_t index, std::string_view access, const std::string& why) {
        say(index, access, fmt::format("    intercept: {}\n", quoted("Counted: " + why)));
    }
    void refuse(std::uint32_t index, std::string_view access, std::string_view what, const access_counts& counts) {
        if (counts.refused == 0 || counts.done != 0) return;
        // The row has the name already; without it, neighbours have one reason.
        std::string_view why = counts.why;
        if (const auto name = registers_.name(index) + ": "; why.starts_with(name)) why.remove_prefix(name.size());
        intercept(index, access, fmt::format("{} refused: {}.", times(counts.refused, what), why));
    }

    guest_registers& registers_;
    std::string run_;
    std::map<std::string, std::vector<std::uint32_t>> verdicts_;
};

}  // namespace

host::outcome<std::string> learned_policy(const std::string& file, const std::string& cut_short,
                                          const access_tally& tally, guest_registers& registers) {
    const auto too_long = [](std::string why) {
        return std::unexpected{
            host::error{host::error_kind::limit_reached, "no policy was learned", std::move(why), {}}};
    };
    if (tally.unlisted() != 0)
        return too_long(fmt::format("the guest used more than {} addresses", access_tally::most_addresses));
    policy_writer writer{registers, !cut_short.empty()};
    for (const auto& [index, counts] : tally.by_address())
        writer.add(index, counts);
    const auto rows = writer.rows();
    auto policy = fmt::format(
        "policy: learned\ntitle: {}\nsource: [{}]\n{}",
        quoted("What " + file + " needed in one run" + (cut_short.empty() ? "" : ", cut short by " + cut_short)),
        quoted("msr guest run " + file), rows.empty() ? "extends: deny-all\n" : "rows:\n" + rows);
    // Only what msr reads is a policy.
    const auto read = catalogue::load::load_text("the policy of the run", policy, registers.cpu().facts());
    if (!read) return too_long(read.error().front().message);
    if (policy.size() > most_learned_bytes) return too_long("it would be larger than any that msr reads");
    return policy;
}

}  // namespace tool
