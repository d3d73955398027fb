// A guest's registers that a script plays with.
#pragma once

#include <cstdio>
#include <expected>
#include <istream>
#include <string>
#include <vector>

#include "msr/host/owned.hpp"
#include "msr/virt/guest.hpp"
#include "tools/msr/exit_code.hpp"
#include "tools/msr/script.hpp"

namespace tool {

class emulation {
  public:
    /// A guest of this CPU, treated as the model does; null: as the manuals say.
    emulation(const msr::profile::profile& cpu, const msr::catalogue::model_entry* model, bool as_json);

    /// Answers each operation with a line. A line that cannot be read ends it: the answers before stand, `complaints`
    /// gets its place.
    exit_code run(std::istream& from, std::FILE* answers, std::FILE* complaints);

  private:
    // A register by name or address; the catalogue need not know the address.
    struct place {
        std::uint32_t address;
        std::string name;
    };
    [[nodiscard]] std::expected<place, script::mistake> locate(const script::operation& asked) const;
    // What the operation answers.
    [[nodiscard]] std::expected<std::string, script::mistake> perform(const script::operation& asked);
    [[nodiscard]] std::string answer(const script::operation& asked, const place& where,
                                     const msr::profile::verdict& verdict) const;

    msr::host::owned_table table_;
    std::vector<std::uint64_t> values_;
    msr::virt::guest guest_;
    bool as_json_;
};

}  // namespace tool
