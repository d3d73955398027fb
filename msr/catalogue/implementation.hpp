// Implementations of the registers that are not the manuals' processor, and where they depart from it. Freestanding;
// nothing here owns memory.
#pragma once

#include <cstdint>

#include "msr/catalogue/expression.hpp"

namespace msr::catalogue {

/// What becomes of bits that an implementation treats otherwise than the manuals say.
enum class treatment : std::uint8_t {
    must_be_zero,
    ignored,  // dropped; they read as zero
    stored,
    kept,        // dropped; they keep their value
    must_match,  // a change faults
    clearable,   // stored; a one faults where the CPU reports none
    settable,    // stored; a zero faults where the CPU reports a one
    canonical,   // stored; they have to be those of a canonical address
    undefined,
};

struct bits_departure {
    std::uint8_t msb = 63;
    std::uint8_t lsb = 0;
    treatment as = treatment::stored;
};

enum class actor : std::uint8_t { both, guest, host };

/// Checks of the manuals that an implementation does not make.
struct omissions {
    bool canonical = false;
    bool legal = false;  // legal values of fields
    bool locks = false;
    bool rules = false;
    bool presence = false;  // the mode without which the register is not there
};

/// How an implementation departs from the manuals at some registers.
struct departure_entry {
    view<std::uint32_t> addresses;  // of the entries, a family's being its base; sorted
    view<text> names;               // as the row has them: `present` is about no other entry at the address
    expression when;
    actor by = actor::both;
    bool present = false;  // the register is there whatever the CPU says
    bool absent = false;
    bool read_faults = false;
    bool write_faults = false;
    bool write_dropped = false;
    bool reads_constant = false;
    bool writable = false;  // although the manuals say that it is read-only
    std::uint64_t constant = 0;
    omissions without;
    view<bits_departure> bits;
    expression legal;  // over the whole value, where not every one that the bits allow is
    view<text> rules;  // in addition
    text reason;
    text source;
};

/// An implementation of the registers: a hypervisor, an emulator.
struct model_entry {
    text name;
    text title;
    bool canonical_by_paging = false;  // by CR4.LA57 instead of what the CPU supports
    view<std::uint32_t> addresses;     // of the entries that it implements, sorted; empty: all
    view<departure_entry> departures;
};

}  // namespace msr::catalogue
