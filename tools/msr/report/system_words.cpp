// System calls, interrupts, counters and clocks in words.

#include <array>

#include <fmt/format.h>

#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

// RFLAGS by bit number (SDM volume 1, 3.4.3); reserved bits have no name.
constexpr std::array<std::string_view, 32> flag_names{"CF", "",   "PF", "",    "AF",   "",     "ZF", "SF",
                                                      "TF", "IF", "DF", "OF",  "IOPL", "IOPL", "NT", "",
                                                      "RF", "VM", "AC", "VIF", "VIP",  "ID"};

// The catalogue knows the events that a vendor's CPUs share, by the unit mask above the event. AMD's are told apart by
// as many bits as the newer CPUs have for them.
std::string event_in_words(const register_view& select, const cpu_values& cpu) {
    constexpr unsigned bits_of_amd_event = 12;
    const bool amd = select.family() == "PERF_CTL";
    const auto width = select.width("EVENT_SELECT");
    auto event = select.get("EVENT_SELECT");
    if (amd) event |= select.get("EVENT_SELECT_HIGH") << width;
    const auto mask = select.get(amd ? "UNIT_MASK" : "UMASK");
    const auto* known = amd ? cpu.enumerator("amd_core_event", mask << bits_of_amd_event | event)
                            : cpu.enumerator("architectural_event", mask << width | event);
    return known != nullptr ? str(known->title) : fmt::format("event {:#x} with unit mask {:#x}", event, mask);
}

// With a least number the counter counts the clocks that have so many events, or fewer (SDM volume 3, 20.2.1.1; APM
// volume 2, 13.2.1).
std::string clocks_in_words(const register_view& select) {
    const auto least = select.get(select.family() == "PERF_CTL" ? "CNT_MASK" : "CMASK");
    if (least == 0) return "";
    return fmt::format("clocks with {} {} of ", select.is_set("INV") ? "fewer than" : "at least", least);
}

}  // namespace

std::string flags_in_words(std::uint64_t mask) {
    std::string result;
    std::string_view last;
    for (std::size_t bit = 0; bit < flag_names.size(); ++bit) {
        const auto name = flag_names[bit];
        if ((mask >> bit & 1U) == 0 || name.empty() || name == last) continue;
        result += (result.empty() ? "" : " ") + std::string{name};
        last = name;
    }
    return result.empty() ? "no flags" : result;
}

// SYSCALL clears the RPL of CS alone and adds 8 for SS. SYSRET adds 16 for 64-bit CS, and 8 for SS, with RPL 3 (SDM
// volume 2, SYSCALL and SYSRET). Selectors have 16 bits.
std::string selectors_in_words(const register_view& star) {
    constexpr std::uint64_t privilege = 3;
    const auto selector = [](std::uint64_t value) { return static_cast<std::uint16_t>(value); };
    const auto kernel = star.get("SYSCALL_CS_SS");
    const auto user = star.get("SYSRET_CS_SS") | privilege;
    return fmt::format("kernel CS {:#x} SS {:#x}; user SS {:#x}, CS {:#x} for 64-bit and {:#x} for 32-bit code",
                       selector(kernel & ~privilege), selector(kernel + 8), selector(user + 8), selector(user + 16),
                       selector(user));
}

// SDM volume 3, 11.12.1.
sentences tell_apic_mode(const subject& about) {
    const auto& base = about.it;
    const auto* const processor = base.is_set("BSP") ? "; the processor that booted" : "";
    if (!base.is_set("EN"))
        return {fmt::format("{}{}", base.is_set("EXTD") ? "EXTD without EN: no valid mode" : "the local APIC is off",
                            processor)};
    if (base.is_set("EXTD")) return {fmt::format("x2APIC mode: registers are MSRs{}", processor)};
    return {fmt::format("xAPIC mode: registers at {:#x}{}", base.address("APIC_BASE"), processor)};
}

sentences tell_selectors(const subject& about) {
    if (about.it.raw() == 0) return {};
    return {selectors_in_words(about.it)};
}

sentences tell_cleared_flags(const subject& about) {
    return {"SYSCALL clears " + flags_in_words(about.it.get("SYSCALL_FLAG_MASK"))};
}

sentences tell_counted_event(const subject& about) {
    const auto& select = about.it;
    if (select.raw() == 0) return {"counts nothing"};
    const bool kernel = select.is_set("OS");
    const bool user = select.is_set("USR");
    const auto* const where = kernel && user ? "everywhere"
                              : kernel       ? "in the kernel (CPL 0)"
                              : user         ? "in user mode (CPL 1 to 3)"
                                             : "at no privilege level";
    return {fmt::format("counts {}{} {}{}", clocks_in_words(select), event_in_words(select, about.cpu), where,
                        select.is_set("EN") ? "" : ", but is not enabled")};
}

sentences tell_guest_clock(const subject& about) {
    constexpr double one = 4294967296.0;  // 2^32: FRAC is what follows the binary point
    const auto ratio = static_cast<double>(about.it.get("INT")) + static_cast<double>(about.it.get("FRAC")) / one;
    if (ratio == 1) return {"a guest's time-stamp counter runs like the host's"};
    return {fmt::format("a guest's time-stamp counter runs {:.6g} times as fast as the host's", ratio)};
}

}  // namespace tool::report
