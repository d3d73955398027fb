// Each instruction that is given as bytes, in a function of its own; encoding_test.cpp compares them.
#include "msr/core/instructions.hpp"

using namespace msr;
using namespace msr::instructions;

extern "C" {
bool with_wrmsrns(std::uint32_t index, std::uint64_t value) {
    return wrmsrns(enumerated<features::wrmsrns>::vouched_for(), index, value).has_value();
}
bool with_rdmsr_immediate() {
    return rdmsr_immediate<0x1234'5678>(enumerated<features::msr_imm>::vouched_for()).has_value();
}
bool with_wrmsrns_immediate(std::uint64_t value) {
    return wrmsrns_immediate<0x1234'5678>(enumerated<features::msr_imm>::vouched_for(), value).has_value();
}
std::uint64_t with_rdmsrlist(const std::uint64_t* addresses, std::uint64_t* values, std::uint64_t which) {
    return rdmsrlist(enumerated<features::msrlist>::vouched_for(), addresses, values, which);
}
std::uint64_t with_wrmsrlist(const std::uint64_t* addresses, const std::uint64_t* values, std::uint64_t which) {
    return wrmsrlist(enumerated<features::msrlist>::vouched_for(), addresses, values, which);
}
bool with_lkgs(std::uint16_t selector) {
    return lkgs(enumerated<features::lkgs>::vouched_for(), selector);
}
}
