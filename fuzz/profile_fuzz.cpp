// A profile file, or the output of cpuid -r. What is accepted makes a CPU that the catalogue's conditions can be asked
// of.
#include <cstdint>
#include <string>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/profiles.hpp"
#include "msr/profile/resolve.hpp"

namespace {

namespace load = msr::catalogue::load;

void check(const std::expected<load::cpu_description, load::problems>& read) {
    const auto& facts = msr::catalogue::built_in();
    if (!read) {
        if (read.error().empty()) __builtin_trap();
        return;
    }
    const msr::profile::profile cpu{facts, read->cpuid, read->registers};
    for (const auto& entry : facts.registers) {
        if (msr::profile::member_count(entry, cpu) > entry.members) __builtin_trap();
    }
    // Two leaves of one number would make the answer depend on their order.
    for (std::size_t at = 1; at < read->cpuid.size(); ++at) {
        const auto& before = read->cpuid[at - 1];
        const auto& one = read->cpuid[at];
        if (std::pair{before.leaf, before.subleaf} >= std::pair{one.leaf, one.subleaf}) __builtin_trap();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(data), size};
    if (load::is_cpuid_output(text)) {
        check(load::load_cpuid_output("cpuid.txt", text));
    } else {
        check(load::load_profile("profile.yaml", text, msr::catalogue::built_in()));
    }
    return 0;
}
