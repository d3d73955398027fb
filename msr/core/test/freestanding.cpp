// Uses each function of the core, and all registers; compiled by freestanding_test.cpp.
#include "msr/core/access.hpp"
#include "msr/core/instructions.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/all.hpp"

namespace {

using namespace msr;

bool typed(native_bus& cpu, std::uint32_t number) {
    const auto set = [](ia32_efer value) { return value.sce(true); };
    const auto drop = [](ia32_mtrr_physmask value) { return value.v(false); };
    return read<ia32_pat>(cpu) && read<ia32_mtrr_physmask>(cpu, number) && write(cpu, ia32_pat::at_reset()) &&
           write(cpu, number, ia32_mtrr_physmask{}) && update<ia32_efer>(cpu, set) && ensure<ia32_efer>(cpu, set) &&
           update<ia32_mtrr_physmask>(cpu, number, drop) && ensure<ia32_mtrr_physmask>(cpu, number, drop);
}

bool untyped(native_bus& cpu, std::uint32_t index, std::uint64_t value) {
    const auto wrmsrns = enumerated<features::wrmsrns>::vouched_for();
    return raw_read(cpu, index) && raw_write(cpu, index, value) &&
           native_bus_non_serialising{wrmsrns}.write(index, value);
}

bool others(const std::uint64_t* addresses, std::uint64_t* values) {
    using namespace msr::instructions;
    swapgs();
    const auto imm = enumerated<features::msr_imm>::vouched_for();
    const auto list = enumerated<features::msrlist>::vouched_for();
    const auto bases = enumerated<features::fsgsbase>::vouched_for();
    return rdmsr_immediate<ia32_efer::address>(imm) && wrmsrns_immediate<ia32_efer::address>(imm, *values) &&
           rdmsrlist(list, addresses, values, *addresses) == 0 && wrmsrlist(list, addresses, values, *addresses) == 0 &&
           lkgs(enumerated<features::lkgs>::vouched_for(), static_cast<std::uint16_t>(*values)) &&
           wrfsbase(bases, rdgsbase(bases)) && wrgsbase(bases, rdfsbase(bases));
}

}  // namespace

extern "C" bool everything(std::uint64_t* addresses, std::uint64_t* values) {
    native_bus cpu;
    return typed(cpu, 1) && untyped(cpu, ia32_efer::address, *values) && others(addresses, values) && recover(*values);
}
