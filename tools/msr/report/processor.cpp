// The CPU itself: who made it, what it is called, which microcode it runs.

#include <fmt/format.h>

#include "tools/msr/cpu_name.hpp"
#include "tools/msr/report/topics.hpp"

namespace tool::report {

namespace {

void add_microcode(section& to, const cpu_values& cpu) {
    const auto revision = cpu.at("IA32_BIOS_SIGN_ID");
    if (!revision.exists()) return;
    if (!revision) {
        to.rows.push_back({.label = "microcode", .text = "not known: " + revision.why_not()});
        return;
    }
    const auto* const field = revision.has("PATCH_LEVEL") ? "PATCH_LEVEL" : "MICROCODE_UPDATE_SIGNATURE";
    to.rows.push_back({.label = "microcode",
                       .text = fmt::format("revision {:#x}", revision.get(field)),
                       .says = {revision.says_hex(field)}});
}

}  // namespace

section processor(const cpu_values& cpu, const surroundings& /*where*/) {
    section result{"processor", "Processor"};
    const auto& on = cpu.cpu();
    auto text =
        fmt::format("{} family {} model {} stepping {}", signature_of(on), on.family(), on.model(), on.stepping());
    if (const auto name = brand_of(on); !name.empty()) text = name + ": " + text;
    if (const auto* const known = processor_of(on); known != nullptr) text += ", " + str(known->title);
    result.rows.push_back({.label = "CPU", .text = std::move(text)});
    add_microcode(result, cpu);
    if (cpu.has("hypervisor")) {
        result.rows.push_back({.label = "hypervisor",
                               .text = "one is below: registers are what it shows",
                               .says = {cpu.feature("hypervisor")}});
    }
    return result;
}

}  // namespace tool::report
