// Debug control and last-branch records.

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"

namespace tool::report {

namespace {

void add_last_branches(section& to, const cpu_values& cpu, const register_view& control) {
    row result{.label = "last branches", .text = {}};
    if (const auto lbr = cpu.at("IA32_LBR_CTL")) {
        const auto depth = cpu.at("IA32_LBR_DEPTH");
        result.text = fmt::format("{}, {} deep", lbr.is_set("LBREN") ? "recorded" : "not recorded", depth.get("DEPTH"));
        result.says = {lbr.says("LBREN"), depth.says("DEPTH")};
    } else if (const auto amd = cpu.at("DEBUG_EXTN_CTL"); amd && amd.has("LBRSE")) {
        result.text = fmt::format("{}, {} deep", amd.is_set("LBRSE") ? "recorded" : "not recorded",
                                  cpu.quantity("LBR_V2_STACK_SIZE"));
        result.says = {amd.says("LBRSE"), cpu.says_quantity("LBR_V2_STACK_SIZE")};
    } else if (control && control.has("LBR")) {
        result.text = control.is_set("LBR") ? "recorded" : "not recorded";
        result.says = {control.says("LBR")};
    } else {
        return;
    }
    to.rows.push_back(std::move(result));
}

}  // namespace

section debug(const cpu_values& cpu, const surroundings& /*where*/) {
    section result{"debug", "Debug"};
    const auto control = cpu.at("IA32_DEBUGCTL");
    if (control.exists()) {
        const auto on = control.set_fields();
        row one{.label = "DEBUGCTL", .text = "nothing is switched on", .says = {control.says_all()}};
        if (!control) one.text = "not known: " + control.why_not();
        if (!on.empty()) one.text = "switched on: " + joined(on);
        if (!control) one.says.clear();
        result.rows.push_back(std::move(one));
    }
    add_last_branches(result, cpu, control);
    return result;
}

}  // namespace tool::report
