// What verbs work with that need no machine, but look at one if it is named: the catalogue, and perhaps a CPU.
#pragma once

#include <optional>

#include "tools/msr/session.hpp"

namespace tool {

class background {
  public:
    /// Opens the source only if one is named: `--from`, `--profile`, or `--cpus`, which then are of the first source
    /// that opens.
    [[nodiscard]] static host::outcome<background> open(common_options options);

    [[nodiscard]] const catalogue::tables& facts() const { return session_ ? session_->facts() : **facts_; }
    /// The named machine, or null.
    [[nodiscard]] session* machine() { return session_ ? &*session_ : nullptr; }

    /// Whether the register can stand on any of the named CPUs; true where none is named. The machine must have learnt
    /// what the entry's condition hangs on.
    [[nodiscard]] bool may_exist(const catalogue::register_entry& entry) const;

  private:
    std::optional<session> session_;
    std::optional<tool::facts> facts_;
};

/// --from and --cpus, for verbs that look at a machine only when one is named.
void add_optional_source(CLI::App& app, common_options& options);

}  // namespace tool
