// What is wrong with a text, and where.
#pragma once

#include <string>

namespace msr::context {

/// Line and column count from 1.
struct mistake {
    int line = 0;
    int column = 0;
    std::string message;
};

}  // namespace msr::context
