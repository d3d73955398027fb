// A policy's table, and a virtual CPU's intercepts, with storage of their own: for programs that have a heap.
#pragma once

#include <vector>

#include "msr/virt/intercepts.hpp"

namespace msr::virt {

template <class Map>
class owned_policy_table {
  public:
    owned_policy_table(const catalogue::policy_entry& policy, const policy_inputs& inputs) {
        const auto size = policy_table<Map>::size_for(policy);
        words_.resize(size.words);
        parts_.resize(size.parts);
        terms_.resize(size.terms);
        places_.resize(size.places);
        table_ = *policy_table<Map>::make(policy, inputs,
                                          {.words = {words_.data(), words_.size()},
                                           .parts = {parts_.data(), parts_.size()},
                                           .terms = {terms_.data(), terms_.size()},
                                           .places = {places_.data(), places_.size()}});
    }
    owned_policy_table(const owned_policy_table&) = delete;
    owned_policy_table& operator=(const owned_policy_table&) = delete;
    owned_policy_table(owned_policy_table&&) = delete;
    owned_policy_table& operator=(owned_policy_table&&) = delete;
    ~owned_policy_table() = default;

    [[nodiscard]] const policy_table<Map>& operator*() const { return table_; }
    [[nodiscard]] const policy_table<Map>* operator->() const { return &table_; }

  private:
    std::vector<policy_word> words_;
    std::vector<policy_part> parts_;
    std::vector<catalogue::term> terms_;
    std::vector<std::uint16_t> places_;
    policy_table<Map> table_;
};

/// The map of a policy, decided once.
template <class Map>
[[nodiscard]] Map decided_map(const catalogue::policy_entry& policy, const policy_inputs& inputs,
                              filter_reference filter = {}, std::uint64_t states = 0) {
    const owned_policy_table<Map> table{policy, inputs};
    std::vector<std::uint64_t> allowed(table->words().size());
    Map map;
    const intercepts<Map> decided{map, *table, {allowed.data(), allowed.size()}, filter, states};
    return map;
}

}  // namespace msr::virt
