// The parts of msr intercept: one file each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/msr/intercept_case.hpp"
#include "tools/msr/values.hpp"

namespace tool {

exit_code intercept_diff(int argc, char** argv);

/// Adds --policy and what else names a case.
void add_case(CLI::App& app, intercept_names& names);

/// Registers of one family or range of which the same is to be said.
struct register_run {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t stride = 1;
    std::string name;  // of the first and the last, where they have names

    [[nodiscard]] std::string addresses() const;
};

/// What one access of a run does.
struct access_line {
    bool exits = true;
    std::string why;

    friend bool operator==(const access_line&, const access_line&) = default;
};

struct decision_line {
    register_run registers;
    access_line read;
    access_line write;
};

/// The decisions of addresses in ascending order: those of one family or range together where they are alike.
[[nodiscard]] std::vector<decision_line> decision_lines(const intercept_case& on,
                                                        const std::vector<std::uint32_t>& addresses);

/// The addresses that words on the command line name, on the guest's CPU if it has the register; sorted.
[[nodiscard]] host::outcome<std::vector<std::uint32_t>> addresses_named(const intercept_case& on,
                                                                        const std::vector<std::string>& names);

/// The name of the register that stands at an address on the guest's CPU, or on any; empty where there is none.
[[nodiscard]] std::string name_at(const intercept_case& on, std::uint32_t address);

/// The names of the run's first and last register; empty where one has none.
[[nodiscard]] std::string name_of_run(const intercept_case& on, const register_run& run);

/// "on VMX, host …, guest …, with …": what was decided for.
[[nodiscard]] std::string case_words(const intercept_case& on);

/// The chain that decided each access, in words or as JSON.
void print_chain(const intercept_case& on, std::uint32_t address);
[[nodiscard]] json chain_json(const intercept_case& on, std::uint32_t address);

}  // namespace tool
