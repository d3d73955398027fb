#include "msr/virt/policy_table.hpp"

namespace msr::virt::detail {

namespace {

constexpr direction both_directions[]{direction::read, direction::write};

bool about(const catalogue::policy_row& row, direction access) {
    return access == direction::read ? row.reads : row.writes;
}

// Calls found(bit) for the bit of every access that the row is about, of at most so many members of each family.
template <class Found>
void each_bit(const catalogue::policy_row& row, std::uint64_t members, auto bit_of, Found found) {
    for (const auto access : both_directions) {
        if (!about(row, access)) continue;
        for (const auto& these : row.registers) {
            const auto count = these.count < members ? these.count : static_cast<std::uint32_t>(members);
            for (std::uint32_t member = 0; member < count; ++member) {
                if (const auto bit = bit_of(these.first + member * these.stride, access)) found(*bit);
            }
        }
    }
}

constexpr std::uint64_t all_members = ~std::uint64_t{0};

unsigned count_bits(std::uint64_t word) {
    unsigned result = 0;
    for (; word != 0; word &= word - 1)
        ++result;
    return result;
}

}  // namespace

// Adds rows to a table, as far as the storage goes.
class policy_table_builder {
  public:
    explicit policy_table_builder(const policy_table_storage& storage) : storage_{storage} {}

    void add(const catalogue::policy_row& row, const policy_inputs& inputs, auto bit_of) {
        const auto first = terms_;
        catalogue::each_term(row.when, inputs, [&](const catalogue::term& one) { append(one); });
        if (terms_ == first) return;
        const bool always = terms_ == first + 1 && fits_ && storage_.terms.first[first].always();
        if (always) --terms_;
        const auto before = parts_;
        each_bit(row, members_of(row, inputs), bit_of, [&](std::size_t bit) {
            auto* const word = find_word(bit / 64);
            if (word == nullptr) return;
            const auto mask = std::uint64_t{1} << (bit % 64);
            if (row.filtered) word->filtered |= mask;
            if (always) {
                word->always |= mask;
            } else {
                add_to_part(before, {.bits = mask,
                                     .first_term = static_cast<std::uint32_t>(first),
                                     .terms = static_cast<std::uint16_t>(terms_ - first),
                                     .word = word->number});
            }
        });
    }

    bool finish(policy_table_base& into) {
        if (!fits_) return false;
        sort_parts();
        std::size_t part = 0;
        for (std::size_t at = 0; at < words_; ++at) {
            auto& word = storage_.words.first[at];
            word.first_part = static_cast<std::uint32_t>(part);
            for (; part < parts_ && storage_.parts.first[part].word == word.number; ++part) {
                ++word.parts;
                word.states |= states_of(storage_.parts.first[part]);
            }
        }
        index_states(into);
        into.words_ = {storage_.words.first, words_};
        into.parts_ = {storage_.parts.first, parts_};
        into.terms_ = {storage_.terms.first, terms_};
        into.places_ = {storage_.places.first, places_};
        return fits_;
    }

  private:
    static std::uint64_t members_of(const catalogue::policy_row& row, const policy_inputs& inputs) {
        if (row.members.empty()) return all_members;
        const auto count = catalogue::evaluate<std::int64_t>(row.members, inputs_of(inputs));
        return count.known && count.value > 0 ? static_cast<std::uint64_t>(count.value) : 0;
    }

    static catalogue::detail::with_states<policy_inputs> inputs_of(const policy_inputs& inputs) { return {inputs, {}}; }

    void append(const catalogue::term& one) {
        if (terms_ == storage_.terms.room) {
            fits_ = false;
        } else {
            storage_.terms.first[terms_++] = one;
        }
    }

    // The words are kept sorted; registers of one row mostly follow each other.
    policy_word* find_word(std::size_t number) {
        auto* const all = storage_.words.first;
        if (last_ < words_ && all[last_].number == number) return &all[last_];
        std::size_t first = 0;
        for (std::size_t end = words_; first < end;) {
            const auto middle = first + (end - first) / 2;
            if (all[middle].number < number) {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        last_ = first;
        if (first < words_ && all[first].number == number) return &all[first];
        if (words_ == storage_.words.room) {
            fits_ = false;
            return nullptr;
        }
        for (auto at = words_++; at > first; --at)
            all[at] = all[at - 1];
        all[first] = {.number = static_cast<std::uint16_t>(number)};
        return &all[first];
    }

    // `before` is where the parts of the row begin.
    void add_to_part(std::size_t before, const policy_part& one) {
        for (auto at = parts_; at > before; --at) {
            auto& part = storage_.parts.first[at - 1];
            if (part.word != one.word) continue;
            part.bits |= one.bits;
            return;
        }
        if (parts_ == storage_.parts.room) {
            fits_ = false;
        } else {
            storage_.parts.first[parts_++] = one;
        }
    }

    void sort_parts() {
        auto* const all = storage_.parts.first;
        for (std::size_t at = 1; at < parts_; ++at) {
            const auto moved = all[at];
            auto to = at;
            for (; to > 0 && all[to - 1].word > moved.word; --to)
                all[to] = all[to - 1];
            all[to] = moved;
        }
    }

    [[nodiscard]] std::uint64_t states_of(const policy_part& part) const {
        std::uint64_t result = 0;
        for (std::size_t at = 0; at < part.terms; ++at) {
            const auto& term = storage_.terms.first[part.first_term + at];
            result |= term.need | term.forbid;
        }
        return result;
    }

    void index_states(policy_table_base& into) {
        for (std::size_t state = 0; state < catalogue::most_policy_inputs; ++state) {
            into.first_place_[state] = static_cast<std::uint32_t>(places_);
            for (std::size_t at = 0; at < words_; ++at) {
                if ((storage_.words.first[at].states >> state & 1U) == 0) continue;
                if (places_ == storage_.places.room) {
                    fits_ = false;
                } else {
                    storage_.places.first[places_++] = static_cast<std::uint16_t>(at);
                }
            }
        }
        into.first_place_[catalogue::most_policy_inputs] = static_cast<std::uint32_t>(places_);
    }

    policy_table_storage storage_;
    std::size_t words_ = 0;
    std::size_t parts_ = 0;
    std::size_t terms_ = 0;
    std::size_t places_ = 0;
    std::size_t last_ = 0;  // the word that was found last
    bool fits_ = true;
};

// Each row counts as if it shared no word with another.
policy_table_size policy_table_base::size_for(const catalogue::policy_entry& policy, bit_finder bit_of) {
    policy_table_size result;
    for (const auto& row : policy.rows) {
        if (!row.passes) continue;
        std::size_t words = 0;
        auto last = all_members;
        each_bit(row, all_members, bit_of, [&](std::size_t bit) {
            if (bit / 64 != last) ++words;
            last = bit / 64;
        });
        const auto states = count_bits(catalogue::states_in(row.when));
        result.words += words;
        result.terms += std::size_t{1} << states;
        if (states > 0) result.parts += words;
        result.places += words * states;
    }
    return result;
}

bool policy_table_base::fill(const catalogue::policy_entry& policy, const policy_inputs& inputs, bit_finder bit_of,
                             const policy_table_storage& storage) {
    policy_table_builder build{storage};
    for (const auto& row : policy.rows) {
        if (row.passes) build.add(row, inputs, bit_of);
    }
    return build.finish(*this);
}

}  // namespace msr::virt::detail
