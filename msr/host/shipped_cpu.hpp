// A CPU that the catalogue knows by name, with storage of its own.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "msr/profile/profile.hpp"

namespace msr::host {

/// The profile that ships under this name, with further register values; those given here count.
class shipped_cpu {
  public:
    shipped_cpu(const catalogue::tables& facts, std::string_view name,
                std::vector<profile::known_register> registers = {})
        : entry_{find(facts, name)}, registers_{std::move(registers)} {
        for (const auto& one : entry_.registers) {
            if (std::ranges::find(registers_, one.address, &profile::known_register::address) == registers_.end())
                registers_.push_back(one);
        }
        std::ranges::sort(registers_, {}, &profile::known_register::address);
        facts_ = &facts;
    }

    [[nodiscard]] profile::profile operator*() const { return {*facts_, entry_.cpuid, registers_}; }

  private:
    // A name that is not there is a CPU of which nothing is known.
    static catalogue::profile_entry find(const catalogue::tables& facts, std::string_view name) {
        for (const auto& one : facts.profiles) {
            if (one.name == name) return one;
        }
        return {};
    }

    const catalogue::tables* facts_ = nullptr;
    catalogue::profile_entry entry_;
    std::vector<profile::known_register> registers_;
};

}  // namespace msr::host
