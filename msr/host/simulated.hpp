// A CPU for tests: registers in a map, a fault for every absent one, and a log of what was done to it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "msr/core/bus.hpp"

namespace msr::host {

class simulated_cpu {
  public:
    struct access {
        msr::direction direction = direction::read;
        std::uint32_t index = 0;
        std::uint64_t value = 0;  // read or written; 0 if it faulted
        bool faulted = false;

        friend bool operator==(const access&, const access&) = default;
    };

    simulated_cpu() = default;
    explicit simulated_cpu(std::map<std::uint32_t, std::uint64_t> registers, std::uint32_t cpu = 0)
        : registers_{std::move(registers)}, cpu_{cpu} {}

    /// From now on, accesses in this direction to this register end in this fault.
    void fail(std::uint32_t index, direction way, cause why = cause::refused) { failures_[{index, way}] = why; }

    [[nodiscard]] result<std::uint64_t> read(std::uint32_t index) {
        if (const auto why = failure(index, direction::read)) return faulted(index, direction::read, *why);
        const auto value = registers_.at(index);
        log_.push_back({direction::read, index, value, false});
        return value;
    }

    [[nodiscard]] result<void> write(std::uint32_t index, std::uint64_t value) {
        if (const auto why = failure(index, direction::write)) return faulted(index, direction::write, *why);
        registers_[index] = value;
        log_.push_back({direction::write, index, value, false});
        return {};
    }

    /// Every access since the start or the last clear_log(), oldest first.
    [[nodiscard]] const std::vector<access>& log() const { return log_; }
    [[nodiscard]] std::size_t count(direction way) const {
        return static_cast<std::size_t>(std::ranges::count(log_, way, &access::direction));
    }
    void clear_log() { log_.clear(); }

    [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& registers() const { return registers_; }

  private:
    [[nodiscard]] const cause* failure(std::uint32_t index, direction way) const {
        static constexpr cause absent = cause::refused;
        if (const auto found = failures_.find({index, way}); found != failures_.end()) return &found->second;
        return registers_.contains(index) ? nullptr : &absent;
    }

    std::unexpected<fault> faulted(std::uint32_t index, direction way, cause why) {
        log_.push_back({way, index, 0, true});
        return std::unexpected{fault{index, cpu_, way, why}};
    }

    std::map<std::uint32_t, std::uint64_t> registers_;
    std::map<std::pair<std::uint32_t, direction>, cause> failures_;
    std::vector<access> log_;
    std::uint32_t cpu_ = 0;
};
static_assert(bus<simulated_cpu>);

}  // namespace msr::host
