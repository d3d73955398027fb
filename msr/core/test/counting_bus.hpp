// A bus for tests: registers in a map, absent ones refused, every access counted.
#pragma once

#include <cstdint>
#include <expected>
#include <map>

#include "msr/core/bus.hpp"

namespace msr::test {

struct counting_bus {
    std::map<std::uint32_t, std::uint64_t> registers;
    bool writes_refused = false;
    int reads = 0;
    int writes = 0;

    result<std::uint64_t> read(std::uint32_t index) {
        ++reads;
        if (!registers.contains(index)) return std::unexpected{fault{.index = index, .cpu = 3}};
        return registers[index];
    }
    result<void> write(std::uint32_t index, std::uint64_t value) {
        ++writes;
        if (writes_refused || !registers.contains(index))
            return std::unexpected{fault{.index = index, .cpu = 3, .direction = direction::write}};
        registers[index] = value;
        return {};
    }
};

}  // namespace msr::test
