// What a register's value says as a whole, in sentences: where its fields one by one leave the reader to put an address
// together, to look into another register, or to open the manual.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/msr/report/cpu_values.hpp"

namespace tool::report {

/// One sentence a line, without full stop.
using sentences = std::vector<std::string>;

/// A register whose value is told, and the CPU that has it: other registers say what belongs to it.
struct subject {
    register_view it;
    std::uint32_t member;
    cpu_values cpu;
};

class meanings {
  public:
    /// `from` may be null: then no other register is known.
    meanings(const catalogue::tables& facts, session* from) : facts_{&facts}, from_{from} {}

    /// Of most registers there is nothing to say that their fields do not: no sentence. `cpu`, one of the session's,
    /// may be empty: then fields that differ from CPU to CPU say nothing.
    [[nodiscard]] sentences of(const catalogue::target& what, std::uint64_t value, std::optional<std::uint32_t> cpu);

  private:
    const catalogue::tables* facts_;
    session* from_;
    std::optional<names> names_;  // found out when they are first needed
};

}  // namespace tool::report
