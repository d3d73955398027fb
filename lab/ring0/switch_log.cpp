#include "lab/ring0/switch_log.hpp"

#include "lab/ring0/tap.hpp"
#include "msr/context/switch_plan/trace_line.hpp"

namespace msr::ring0 {
namespace {

constexpr text guest_name = "guest";

void tell(text event, text who, view<profile::known_register> registers) {
    static char storage[120];
    const auto said = context::trace_line({storage, sizeof storage}, 0, event, who, registers);
    if (!said.empty()) note("trace ", text{said.begin(), said.size() - 1});
}

}  // namespace

void switch_log::load(profile::known_register needed) {
    if (told_ == 0) note("trace guest ", guest_name);
    if (told_ < most_told) tell("load", guest_name, {&needed, 1});
}

void switch_log::put() {
    if (told_ < most_told) tell("put", {}, {});
    ++told_;
}

}  // namespace msr::ring0
