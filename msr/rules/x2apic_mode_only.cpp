#include "msr/registers/ia32_apic_base.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 11.12.1.2; for models that have a register whose own condition they do not go by.
bool x2apic_mode_only(profile::attempt& asked) {
    if (asked.around.get_or(ia32_apic_base{}).extd()) return true;
    return asked.refuse("it is there only in x2APIC mode", ~std::uint64_t{0});
}

}  // namespace msr::rules
