#include "tools/msr/guest/learn.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "msr/virt/kvm_filter.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace {

// A string of JSON is one of YAML.
std::string quoted(const std::string& words) {
    return json(words).dump(-1, ' ', true, json::error_handler_t::replace);
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

class policy_writer {
  public:
    explicit policy_writer(guest_registers& registers) : registers_{registers} {}

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

    [[nodiscard]] const std::string& rows() const { return rows_; }

  private:
    void begin(std::uint32_t index, std::string_view access) {
        // A range for what the catalogue does not name, or not by a name of its own.
        const auto name = registers_.name(index);
        const auto which = is_named(index, name) ? quoted(name) : fmt::format("\"{0:#x}-{0:#x}\"", index);
        rows_ += fmt::format("  - registers: [{}]\n    access: {}\n", which, access);
    }
    [[nodiscard]] bool is_named(std::uint32_t index, const std::string& name) const {
        const auto targets = catalogue::find_by_name(registers_.cpu().facts(), name);
        return targets && !targets->empty() &&
               std::ranges::all_of(*targets, [&](const auto& one) { return one.address() == index; });
    }
    void pass(std::uint32_t index, std::string_view access, const std::string& count) {
        begin(index, access);
        rows_ += fmt::format("    pass: always\n    safe: {}\n    worth: {}\n",
                             quoted("Not judged: it was learned from a run, not from what the register does."),
                             quoted("Counted: " + count + " in the run."));
    }
    void intercept(std::uint32_t index, std::string_view access, const std::string& why) {
        begin(index, access);
        rows_ += fmt::format("    intercept: {}\n", quoted("Counted: " + why));
    }
    void refuse(std::uint32_t index, std::string_view access, std::string_view what, const access_counts& counts) {
        if (counts.refused != 0 && counts.done == 0)
            intercept(index, access, times(counts.refused, what) + " refused: " + counts.why + ".");
    }

    guest_registers& registers_;
    std::string rows_;
};

}  // namespace

std::string learned_policy(const std::string& file, const access_tally& tally, guest_registers& registers) {
    policy_writer writer{registers};
    for (const auto& [index, counts] : tally.by_address())
        writer.add(index, counts);
    const auto rows = writer.rows().empty() ? "extends: deny-all\n" : "rows:\n" + writer.rows();
    return fmt::format("policy: learned\ntitle: {}\nsource: [{}]\n{}", quoted("What " + file + " needed in one run"),
                       quoted("msr guest run " + file), rows);
}

}  // namespace tool
