// A hypervisor's own registers, typed like the built-in ones and beside them: registers/timer.yaml.

#include <cstdint>
#include <cstdio>
#include <expected>
#include <map>

#include "msr/core/access.hpp"
#include "msr/registers/example_event.hpp"
#include "msr/registers/example_timer.hpp"
#include "msr/registers/example_version.hpp"
#include "msr/registers/ia32_efer.hpp"

namespace {

// Where a guest's accesses would end up; in the guest itself, this is msr::native_bus.
struct remembered_registers {
    std::map<std::uint32_t, std::uint64_t> values;

    msr::result<std::uint64_t> read(std::uint32_t index) {
        if (!values.contains(index)) return std::unexpected{msr::fault{.index = index}};
        return values[index];
    }
    msr::result<void> write(std::uint32_t index, std::uint64_t value) {
        values[index] = value;
        return {};
    }
};

static_assert(msr::example_timer{0x1234'501b}.enable());

}  // namespace

int main() {
    remembered_registers guest;
    guest.values[msr::example_version::address] = 0x0102;
    const auto version = msr::read<msr::example_version>(guest);
    if (!version) return 1;
    std::printf("version %u.%u\n", static_cast<unsigned>(version->major_()), static_cast<unsigned>(version->minor_()));

    const auto timer = msr::example_timer::at_reset()
                           .page(0x1234'5000)
                           .caching(msr::memory_type_mtrr::wb)
                           .mode(msr::example_timer_mode::periodic)
                           .enable(true);
    if (!msr::write(guest, timer)) return 1;
    std::printf("timer %#llx\n", static_cast<unsigned long long>(guest.values[msr::example_timer::address]));
#ifdef MISTAKE
    (void)msr::write(guest, *version);
#endif
    // An absent register is an error that names it.
    const auto efer = msr::read<msr::ia32_efer>(guest);
    const auto event = msr::read<msr::example_event>(guest, 2);
    return !efer && !event && event.error().index == msr::example_event::address + 2 ? 0 : 1;
}
