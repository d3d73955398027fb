// Many CPUs say the same: one section of what each of them says.
#pragma once

#include "tools/msr/report/tree.hpp"

namespace tool::report {

/// Takes the CPUs' sections one after the other. Rows that agree become one; rows that only some CPUs have, or that
/// differ, name their CPUs; of samples, the highest stays.
class merging {
  public:
    void add(section from, std::uint32_t cpu);
    /// `cpus` is how many were added.
    [[nodiscard]] section finish(std::size_t cpus) &&;

  private:
    void add_row(row from, std::uint32_t cpu);

    section merged_;
    bool started_ = false;
};

}  // namespace tool::report
