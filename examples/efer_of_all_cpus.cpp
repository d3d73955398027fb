// Linux: EFER of every CPU, through /dev/cpu/N/msr.

#include <cstdio>

#include "msr/core/access.hpp"
#include "msr/host/linux_machine.hpp"
#include "msr/registers/ia32_efer.hpp"

int main() {
    auto machine = msr::host::linux_machine::open();
    if (!machine) {
        // Says which it is: driver not loaded, no privilege, a container, lockdown; and what to do.
        std::fprintf(stderr, "%s\n", machine.error().line().c_str());
        return 3;
    }
    for (auto& cpu : machine->cpu_buses()) {
        const auto efer = msr::read<msr::ia32_efer>(cpu);
        if (efer) std::printf("SYSCALL is %s, NX is %s\n", efer->sce() ? "on" : "off", efer->nxe() ? "on" : "off");
    }
    return 0;
}
