#include "msr/context/switch_plan/rules.hpp"

#include "msr/catalogue/restore_order.hpp"
#include "msr/catalogue/sorted.hpp"
#include "msr/profile/resolve.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_xss.hpp"

namespace msr::context {

namespace {

using catalogue::register_entry;

struct component {
    text name;  // in `switched_by`
    std::uint64_t enabled;
};

// SDM volume 1, 13.2: the component's bit in IA32_XSS.
constexpr component components[]{
    {"cet_user", ia32_xss::fields::cet_u::mask}, {"cet_supervisor", ia32_xss::fields::cet_s::mask},
    {"pt", ia32_xss::fields::pt::mask},          {"lbr", ia32_xss::fields::lbr::mask},
    {"hwp", ia32_xss::fields::hwp::mask},        {"hdc", ia32_xss::fields::hdc::mask},
    {"uintr", ia32_xss::fields::uintr::mask},    {"pasid", ia32_xss::fields::pasid::mask},
};

bool switched_by_xsaves(const register_entry& entry, std::uint64_t xss) {
    for (const auto& by : entry.switched_by) {
        if (by.mechanism != "xsaves") continue;
        for (const auto& one : components) {
            if (by.how == one.name) return (xss & one.enabled) != 0;
        }
    }
    return false;
}

bool stands_at(const register_entry& entry, std::uint32_t address) {
    if (address < entry.address) return false;
    const auto distance = address - entry.address;
    if (entry.stride == 0) return distance == 0;
    return distance % entry.stride == 0 && distance / entry.stride < entry.members;
}

// The entry that is this CPU's, or may be.
const register_entry* entry_at(const profile::profile& cpu, std::uint32_t address) {
    const register_entry* possible = nullptr;
    for (const auto& entry : cpu.facts().registers) {
        if (!stands_at(entry, address)) continue;
        const auto there = profile::exists(entry, cpu);
        if (there == catalogue::holds::yes) return &entry;
        if (there == catalogue::holds::unknown) possible = &entry;
    }
    return possible;
}

// Whether to write what was there last is not the same as to write nothing. What a switch exchanges, or user mode alone
// needs, stands still while the kernel runs, whatever `varies` says of it.
bool differs_by_itself(const register_entry& entry) {
    const auto acts = [](catalogue::access how) {
        return how == catalogue::access::write_only || how == catalogue::access::write_one_to_clear;
    };
    const bool stands_still = catalogue::is_switched(entry) || entry.used_in == catalogue::use::user_mode;
    const auto changes = [&](catalogue::variation how) {
        return how == catalogue::variation::changing && !stands_still;
    };
    if (acts(entry.access) || changes(entry.varies)) return true;
    for (const auto& field : entry.fields) {
        if (acts(field.access)) return true;
        if (field.access != catalogue::access::read_only && changes(field.varies)) return true;
    }
    return false;
}

// Whether the other register has to be there first, with what it needs in its turn.
bool relies_on(const catalogue::tables& facts, const register_entry& entry, text other) {
    for (const auto& name : entry.restore_after) {
        if (name == other) return true;
        for (const auto& before : facts.registers) {
            if (before.name == name && relies_on(facts, before, other)) return true;
        }
    }
    return false;
}

class rule_maker {
  public:
    rule_maker(const profile::profile& cpu, std::uint64_t xss, profile::buffer<switch_rule> rows)
        : cpu_{cpu}, xss_{xss}, rows_{rows} {}

    std::expected<switch_rules, switch_objection> run(view<std::uint32_t> addresses) {
        using cause = switch_objection::cause;
        for (const auto address : addresses) {
            const auto refuse = [&](cause why) { return std::unexpected{switch_objection{address, why}}; };
            if (count_ != 0 && rows_.first[count_ - 1].address >= address) return refuse(cause::out_of_order);
            if (count_ == rows_.room) return refuse(cause::no_room);
            const auto* const entry = entry_at(cpu_, address);
            if (entry == nullptr) return refuse(cause::not_on_cpu);
            if (entry->access == catalogue::access::read_only) return refuse(cause::not_writable);
            rows_.first[count_++] = rule_of(*entry, address);
        }
        for (std::size_t at = 0; at < count_; ++at)
            settle(rows_.first[at]);
        return switch_rules{{rows_.first, count_}, cpu_.has("msrlist")};
    }

  private:
    [[nodiscard]] switch_rule rule_of(const register_entry& entry, std::uint32_t address) const {
        switch_rule result{.entry = &entry,
                           .address = address,
                           .order = static_cast<std::uint16_t>(catalogue::restore_rank(cpu_.facts(), entry)),
                           .wrmsr_serialises = entry.serialising.empty() ||
                                               catalogue::test(entry.serialising, cpu_) != catalogue::holds::no,
                           .can_wait = entry.used_in == catalogue::use::user_mode,
                           .by_xsaves = switched_by_xsaves(entry, xss_),
                           .always = differs_by_itself(entry)};
        if (address == ia32_fs_base::address) result.base = base_of::fs;
        // In the kernel, the user's base of GS is the inactive one.
        if (address == ia32_kernel_gs_base::address) result.base = base_of::gs;
        // SDM volume 3, 5.1.1 and 4.1.2.
        if (address == ia32_efer::address) result.fixed = ia32_efer::fields::lme::mask | ia32_efer::fields::lma::mask;
        return result;
    }

    // Whether another of the registers has to be written after it.
    [[nodiscard]] bool is_relied_on(const switch_rule& row) const {
        for (std::size_t at = 0; at < count_; ++at) {
            if (relies_on(cpu_.facts(), *rows_.first[at].entry, row.entry->name)) return true;
        }
        return false;
    }

    void settle(switch_rule& row) const {
        const bool relied_on = is_relied_on(row);
        // An order is kept only while nothing waits.
        if (relied_on || row.order != 0 || row.always) row.can_wait = false;
        if (!relied_on && row.wrmsr_serialises && cpu_.has("wrmsrns")) row.by = write_instruction::wrmsrns;
        row.serialises = row.wrmsr_serialises && row.by == write_instruction::wrmsr;
    }

    const profile::profile& cpu_;
    std::uint64_t xss_;
    profile::buffer<switch_rule> rows_;
    std::size_t count_ = 0;
};

}  // namespace

text to_string(write_instruction one) {
    switch (one) {
        case write_instruction::wrmsr: return "WRMSR";
        case write_instruction::wrmsrns: return "WRMSRNS";
        case write_instruction::wrmsrlist: return "WRMSRLIST";
    }
    return "unknown";
}

text to_string(switch_objection::cause why) {
    using cause = switch_objection::cause;
    switch (why) {
        case cause::not_on_cpu: return "this CPU has no such register";
        case cause::not_writable: return "software can only read it";
        case cause::out_of_order: return "addresses do not ascend";
        case cause::no_rule: return "no rule was made for it, or addresses do not ascend";
        case cause::paging: return "bits of it cannot change while paging is on";
        case cause::no_room: return "the storage is too small";
    }
    return "unknown";
}

const switch_rule* switch_rules::find(std::uint32_t address) const {
    const auto at = catalogue::first_not_below(rows, address, [](const switch_rule& row) { return row.address; });
    return at < rows.size() && rows[at].address == address ? &rows[at] : nullptr;
}

std::expected<switch_rules, switch_objection> make_switch_rules(const profile::profile& cpu,
                                                                view<std::uint32_t> addresses, std::uint64_t xss,
                                                                profile::buffer<switch_rule> storage) {
    return rule_maker{cpu, xss, storage}.run(addresses);
}

}  // namespace msr::context
