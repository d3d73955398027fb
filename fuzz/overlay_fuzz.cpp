// A user's file on top of the built-in catalogue. What is accepted is tiled: it resolves on a CPU without a bit twice.
#include <cstdint>
#include <string>
#include <vector>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/loader.hpp"
#include "msr/profile/resolve.hpp"

namespace {

namespace profile = msr::profile;

void check_tiling(const msr::catalogue::tables& facts) {
    const profile::profile cpu{facts, {}, {}};
    for (const auto& entry : facts.registers) {
        if (!entry.fields_known || profile::exists(entry, cpu) != msr::catalogue::holds::yes) continue;
        std::vector<profile::resolved_field> storage(entry.fields.size());
        const auto here = profile::resolve(entry, cpu, storage.data());
        auto covered = here.must_be_zero | here.ignored | here.preserve;
        for (const auto& field : here.fields) {
            if (field.certain && (covered & field.mask()) != 0) __builtin_trap();
            covered |= field.mask();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string yaml{reinterpret_cast<const char*>(data), size};
    const auto loaded = msr::catalogue::load::load_text("overlay.yaml", yaml, msr::catalogue::built_in());
    if (loaded) {
        check_tiling(loaded->tables());
    } else if (loaded.error().empty()) {
        __builtin_trap();
    }
    return 0;
}
