// What a ring-0 image and whoever started it leave for each other in memory. Freestanding.
#pragma once

#include <cstdint>

#include "msr/profile/cpuid.hpp"

namespace msr::oracle {

/// What became of one access of a case.
enum class step : std::uint8_t {
    pending,  // not tried yet: where the machine died, the first of these is what killed it
    done,
    refused,   // #GP
    left_out,  // not asked for, or pointless after what came before
};

/// One case, and its answer in the same place: RDMSR, WRMSR of `value`, RDMSR, WRMSR of what was read first.
struct exchange {
    std::uint32_t address = 0;
    step first_read = step::pending;
    step write = step::pending;
    step second_read = step::pending;
    step restore = step::pending;
    std::uint64_t value = 0;
    std::uint64_t old_value = 0;
    std::uint64_t new_value = 0;
};

/// An exception that no access asked for. The machine stops with it.
struct unexpected_event {
    static constexpr std::uint64_t none = ~std::uint64_t{0};
    static constexpr std::uint64_t restart = none - 1;  // the CPU was reset and entered the image again

    std::uint64_t vector = none;
    std::uint64_t error_code = 0;
    std::uint64_t instruction_pointer = 0;
};

struct mailbox {
    static constexpr std::uint32_t room_for_leaves = 512;

    std::uint32_t entered = 0;  // how often; reset.S looks for it in the first place
    // Set by the starter: answers leave through the console port, since memory is out of reach. Otherwise a byte at
    // that port is the doorbell: the batch is done, or an event came.
    std::uint32_t streams = 0;
    std::uint32_t count = 0;  // set by the starter: cases in the table
    std::uint32_t next = 0;   // the case being tried; `count` when all are answered
    unexpected_event event;
    std::uint32_t leaf_count = 0;
    profile::cpuid_leaf leaves[room_for_leaves];
};

/// The image's first bytes: where it wants to be, and where its parts are. Guest-physical addresses, mapped as they
/// are.
struct image_header {
    std::uint64_t load_address;
    std::uint64_t long_mode_entry;
    std::uint64_t page_tables;  // for CR3
    std::uint64_t mailbox;
    std::uint64_t table;  // of `exchange`
    std::uint64_t table_end;
    std::uint64_t memory_end;  // all that the image ever touches lies below
    std::uint64_t
        rom_start;  // for a machine that starts from reset: the image, the table, and the reset's page, up to 4 GB
};

}  // namespace msr::oracle
