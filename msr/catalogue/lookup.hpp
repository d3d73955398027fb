// Finding registers and fields by what people call them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue {

/// One register, or one member of a family; `field` where a field was named.
struct target {
    const register_entry* entry = nullptr;
    std::uint32_t member = 0;  // from 0, whatever number the manual starts with
    const field_entry* field = nullptr;

    [[nodiscard]] std::uint32_t address() const { return entry->address + entry->stride * member; }
};

/// The manual's name of a register or member: IA32_EFER, IA32_MTRR_PHYSBASE3, IA32_MC0_CTL.
[[nodiscard]] std::string name_of(const register_entry& entry, std::uint32_t member);

/// All entries that stand at an address: one per kind of CPU.
[[nodiscard]] std::vector<target> at_address(const tables& facts, std::uint32_t address);

/// What `name` stands for: NAME, alias, address (0x1B, 1BH), NAME[i], member name, each with .FIELD behind it; letters'
/// case does not matter. A family's name alone stands for all members; a name that has several entries, one per kind of
/// CPU, for all of them. An address without a name gives no targets. The error is a sentence: unknown names come with
/// the nearest ones, a decimal number with both of its readings.
[[nodiscard]] std::expected<std::vector<target>, std::string> find_by_name(const tables& facts, std::string_view name);

/// The entry's place in the tables; an unknown name's error names the nearest ones.
[[nodiscard]] std::expected<std::uint16_t, std::string> find_feature(const tables& facts, std::string_view name);
[[nodiscard]] std::expected<std::uint16_t, std::string> find_quantity(const tables& facts, std::string_view name);
[[nodiscard]] std::expected<std::uint16_t, std::string> find_vendor(const tables& facts, std::string_view name);
[[nodiscard]] std::expected<std::uint16_t, std::string> find_profile(const tables& facts, std::string_view name);

/// The address, if `name` is one in hexadecimal: 0x1B, or 1BH as in the manuals.
[[nodiscard]] std::expected<std::uint32_t, std::string> parse_address(std::string_view name);

/// Registers and fields that a word occurs in: name, alias, address, title, text; best first.
struct found {
    target what;
    int rank;  // 0 is best
};
[[nodiscard]] std::vector<found> search(const tables& facts, std::string_view word);

}  // namespace msr::catalogue
