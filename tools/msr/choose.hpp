// Which register a name means.
#pragma once

#include "tools/msr/session.hpp"
#include "tools/msr/values.hpp"

namespace tool {

/// The one that this machine's (or the named source's) CPU has, with that CPU's profile; without a source, or where it
/// has none of them, the first entry and no profile.
struct chosen {
    catalogue::target what;
    std::vector<catalogue::target> others;  // entries of the same name for other processors
    const profile::profile* cpu = nullptr;
};

/// A name that must stand for one register (a family's name means its first member).
[[nodiscard]] host::outcome<chosen> choose_one(const catalogue::tables& facts, const std::string& name, session* from);

/// The same for those who need a whole register: a field's name is an error.
[[nodiscard]] host::outcome<chosen> choose_register(const catalogue::tables& facts, const std::string& name,
                                                    session* from);

/// A register by its address: the entries that can stand there, and how it was called.
struct register_name {
    std::uint32_t address = 0;
    std::string name;
    std::vector<catalogue::target> candidates;
};

/// The register that a name stands for on the session's CPUs, which it then has learnt of. The error: there is no such
/// name, or it stands for several registers.
[[nodiscard]] host::outcome<register_name> one_register(session& from, const std::string& name);

/// The fields of what was chosen: those of the CPU, or all that there can be.
[[nodiscard]] layout layout_of(const chosen& which, const catalogue::tables& facts);

/// A number as people write it: 0x1f, 31, 0b11111; the error quotes what is not one.
[[nodiscard]] host::outcome<std::uint64_t> parse_value(std::string_view words);

}  // namespace tool
