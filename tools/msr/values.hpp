// Values in words: one field, one register in a line, or as JSON. Every verb prints through here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "msr/catalogue/lookup.hpp"
#include "msr/profile/decode.hpp"
#include "tools/msr/session.hpp"

namespace tool {

using json = nlohmann::ordered_json;

/// A register's fields on one CPU, with their storage.
class layout {
  public:
    layout(const catalogue::register_entry& entry, const profile::profile& cpu);
    /// Without a CPU: every field that the register can have.
    explicit layout(const catalogue::register_entry& entry, const catalogue::tables& facts);

    [[nodiscard]] const profile::resolved_register& operator*() const { return resolved_; }
    [[nodiscard]] const profile::resolved_register* operator->() const { return &resolved_; }

  private:
    std::vector<profile::resolved_field> storage_;
    profile::resolved_register resolved_;
};

[[nodiscard]] inline std::string str(msr::text words) {
    return std::string{std::string_view{words}};
}

[[nodiscard]] std::string hex(std::uint64_t value);

/// A number with its unit, in the prefix that suits it: 2.3 GHz, 15.3 uJ, 45 °C.
[[nodiscard]] std::string with_unit(double value, std::string_view unit);

/// "125 W", "WB", "0xfee00000", "12": the field's value in words. `cpu` may be null: then nothing is scaled.
[[nodiscard]] std::string words(const profile::decoded_field& field, std::uint64_t value, const profile::profile* cpu);

/// "SCE=1 LME=1": the fields that are not zero.
[[nodiscard]] std::string summary(const layout& fields, std::uint64_t value, const profile::profile* cpu);

/// {"SCE": {"raw": "0x1", "bits": "0"}, …}: every field, with its meaning, scaled value and unit where it has them.
[[nodiscard]] json to_json(const layout& fields, std::uint64_t value, const profile::profile* cpu);

/// The bits of a value that are reserved on the CPU and faulted in a write: no register holds them. What cannot be
/// written at all has none; a bit of a field that the CPU may have is not counted.
[[nodiscard]] std::uint64_t impossible_bits(const layout& fields, std::uint64_t value);

/// "15..8", or "3" for a single bit.
[[nodiscard]] std::string bits_of(const profile::resolved_field& field);

/// Prints with four columns' indent: bits, name, value, title, for every field.
void print_fields(const layout& fields, std::uint64_t value, const profile::profile* cpu);

/// A fault's cause as JSON says it: refused, not_recorded, not_permitted, …
[[nodiscard]] std::string_view cause_word(msr::cause why);

/// Prints a JSON document on standard output.
void print(const json& document);

}  // namespace tool
