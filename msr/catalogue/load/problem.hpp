// What is wrong with a catalogue file, and where.
#pragma once

#include <string>
#include <vector>

namespace msr::catalogue::load {

struct problem {
    std::string file;
    int line = 0;  // from 1; 0 where the whole file is meant
    std::string message;
};

using problems = std::vector<problem>;

}  // namespace msr::catalogue::load
