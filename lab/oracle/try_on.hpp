// A case on a bus: the four accesses. The same for the guest in ring 0 and for KVM's own interface. Freestanding.
#pragma once

#include "lab/oracle/table.hpp"
#include "msr/core/access.hpp"

namespace msr::oracle {

namespace detail {

constexpr step outcome(bool done) {
    return done ? step::done : step::refused;
}

template <bus B>
step read_into(std::uint64_t& value, B& bus, std::uint32_t address) {
    const auto read = raw_read(bus, address);
    if (read) value = *read;
    return outcome(read.has_value());
}

}  // namespace detail

/// Leaves the answer in `one`. Each access of ring 0 is a barrier to the compiler: what became of those before is in
/// memory, should one kill the machine.
template <bus B>
void try_on(B&& bus, exchange& one) {
    using namespace detail;
    const bool keeps = one.restore == step::left_out;
    one.first_read = read_into(one.old_value, bus, one.address);
    one.write = outcome(raw_write(bus, one.address, one.value).has_value());
    one.second_read = read_into(one.new_value, bus, one.address);
    if (keeps || one.first_read != step::done || one.write != step::done)
        one.restore = step::left_out;
    else
        one.restore = outcome(raw_write(bus, one.address, one.old_value).has_value());
}

}  // namespace msr::oracle
