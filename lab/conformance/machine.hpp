// The engine in an oracle's place: a guest of the same CPU, with the same register values, played by a model.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "lab/conformance/answers.hpp"
#include "msr/host/owned.hpp"
#include "msr/virt/guest.hpp"

namespace conformance {

/// What an oracle said of itself: its CPUID, and the value of every register that it has: the first, or what it kept.
struct subject {
    std::vector<msr::profile::cpuid_leaf> cpuid;
    std::map<std::uint32_t, std::uint64_t> values;
    std::vector<msr::profile::known_register> known;  // the same, as a profile takes them

    [[nodiscard]] msr::profile::profile on(const msr::catalogue::tables& facts) const { return {facts, cpuid, known}; }
};

[[nodiscard]] subject subject_of(const recording& probe);

/// Registers of the answers whose value was another one soon after it was put back.
[[nodiscard]] std::set<std::uint32_t> moving_registers(const std::vector<answer>& answers);

/// How a prediction compares with an answer.
enum class outcome : std::uint8_t { same, differs, undefined };

class machine {
  public:
    machine(const msr::catalogue::tables& facts, const subject& of, const msr::catalogue::model_entry* model);

    /// Whether the engine does what the oracle did. The registers are then as the oracle left them.
    /// `moving` are the registers whose values change by themselves.
    [[nodiscard]] outcome compare(const answer& real, const std::set<std::uint32_t>& moving);

    /// Whether the register could be put back after a write of `value`, if the oracle is like the engine; nothing if
    /// the write faults.
    [[nodiscard]] std::optional<bool> can_undo(std::uint32_t address, std::uint64_t held, std::uint64_t value,
                                               bool by_host);

    /// The engine's answer to the last case, in the form that the oracle's has.
    [[nodiscard]] const answer& predicted() const { return predicted_; }

    [[nodiscard]] const msr::profile::register_table& table() const { return *table_; }
    [[nodiscard]] const msr::profile::profile& cpu() const { return table_.cpu(); }

  private:
    void hold(std::uint32_t address, std::uint64_t value);
    [[nodiscard]] bool is_counter(std::uint32_t address) const;
    [[nodiscard]] outcome compare_values(const answer& real, std::uint64_t undefined, bool moves) const;

    msr::host::owned_table table_;
    std::vector<std::uint64_t> values_;
    msr::virt::guest guest_;
    answer predicted_;
};

}  // namespace conformance
