// Any text as a sequence: a mistake with its place, or a sequence that the checker answers.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace context = msr::context;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const auto mode : {context::delivery::idt, context::delivery::fred}) {
        auto sequence = context::read("fuzz", text, mode);
        if (!sequence) {
            if (sequence.error().line < 0 || sequence.error().column < 0 || sequence.error().message.empty())
                std::abort();
            continue;
        }
        const auto result = context::check(*sequence, sequence->needs, mode, 2000);
        // A trace belongs to a refutation, and can be told.
        if ((result.is == context::verdict::refuted) == result.trace.empty()) std::abort();
        (void)context::trace_text(*sequence, result);
    }
    return 0;
}
