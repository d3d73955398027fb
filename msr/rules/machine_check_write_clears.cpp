#include "msr/registers/hwcr_family_10h.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 16.3.2.2 to 16.3.2.4; APM volume 2, 9.3.2: software writes a bank only to clear it, except that AMD
// lets it make up errors for tests of the handler.
bool machine_check_write_clears(profile::attempt& asked) {
    if (asked.way == direction::read || asked.by_host || asked.written == 0) return true;
    if (asked.around.cpu.vendor_name() == "amd") {
        const auto control = asked.around.get<hwcr_family_10h>();
        if (control && control->mc_status_wr_en()) return true;
        return asked.refuse("only zero can be written while HWCR.McStatusWrEn is clear", asked.written);
    }
    return asked.refuse("only zero can be written", asked.written);
}

}  // namespace msr::rules
