// The three tasks that are switched between: what they begin with, and where their bases lead. Freestanding.
#pragma once

#include <cstdint>

#include "lab/switching/sequence.hpp"

namespace msr::switching {

/// Memory that all three can read, at an address of more than 32 bits: pages of this size, each with its own words.
inline constexpr std::uint64_t places_address = 0x7C00'0000'0000;
inline constexpr std::uint64_t place_size = 0x1000;

constexpr std::uint64_t place(unsigned number) {
    return places_address + number * place_size;
}

/// A task's bases are among its own places, each known by the word that is there.
inline constexpr unsigned places_of_a_task = 8;

/// Two segments whose descriptors lead to other memory than any base of a task.
inline constexpr std::uint16_t first_selector = 0x33;
inline constexpr std::uint16_t second_selector = 0x3B;
inline constexpr std::uint32_t first_descriptor_base = 0x0300'0000;
inline constexpr std::uint32_t second_descriptor_base = 0x0320'0000;

/// Selector and base disagree in all but the null selector with a base of 0.
inline constexpr task_bases tasks_begin_with[planned_tasks]{
    {.fs = {0, place(0)}, .gs = {first_selector, place(1)}},
    {.fs = {second_selector, place(places_of_a_task)}, .gs = {0, 0}},
    {.fs = {first_selector, place(2 * places_of_a_task)}, .gs = {second_selector, place(2 * places_of_a_task + 1)}},
};

}  // namespace msr::switching
