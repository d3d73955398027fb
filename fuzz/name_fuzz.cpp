// Names as users type them: an answer or a sentence, soon.
#include <cstdint>
#include <string_view>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/lookup.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view name{reinterpret_cast<const char*>(data), size};
    const auto targets = msr::catalogue::find_by_name(msr::catalogue::built_in(), name);
    if (!targets) {
        if (targets.error().empty() || targets.error().size() > 1000) __builtin_trap();
        return 0;
    }
    // What was found has a name that finds it again.
    for (const auto& one : *targets) {
        if (one.member >= one.entry->members) __builtin_trap();
        if (!msr::catalogue::find_by_name(msr::catalogue::built_in(), name_of(*one.entry, one.member)))
            __builtin_trap();
        break;
    }
    return 0;
}
