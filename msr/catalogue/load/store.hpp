// Owns what loaded tables point to, at addresses that stay.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue::load {

class store {
  public:
    [[nodiscard]] text keep(std::string words) {
        if (words.empty()) return {};
        const auto& kept = texts_.emplace_back(std::move(words));
        return {kept.data(), kept.size()};
    }

    template <class T>
    [[nodiscard]] view<T> keep(std::vector<T> elements) {
        if (elements.empty()) return {};
        const auto& kept = lists<T>().emplace_back(std::move(elements));
        return {kept.data(), kept.size()};
    }

  private:
    template <class T>
    std::deque<std::vector<T>>& lists() {
        return std::get<std::deque<std::vector<T>>>(lists_);
    }

    template <class... T>
    using lists_of = std::tuple<std::deque<std::vector<T>>...>;

    std::deque<std::string> texts_;
    lists_of<text, instruction, vendor_entry, processor_match, processor_entry, feature_entry, quantity_entry,
             enumerator, enumeration_entry, layout_entry, field_entry, part_entry, rule_entry, lock_entry, switch_entry,
             register_entry, std::uint16_t, std::uint32_t, bits_departure, departure_entry, model_entry, cpuid_leaf,
             known_register, profile_entry, field_relation, msr_list_limit, policy_input, policy_registers, policy_row,
             policy_entry>
        lists_;
};

}  // namespace msr::catalogue::load
