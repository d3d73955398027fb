// Sequences as a part of the image's source: their code, and a row of a table for each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "msr/context/segment_bases/program.hpp"

namespace msr::switching {

/// What the generated source consists of.
struct generated {
    std::string code;          // in the assembler's language
    std::string declarations;  // of its labels
    std::string tables;
    std::uint64_t kernel_base = 0;
};

/// What the planner proves of its plans: both tasks, switched there and back, with descriptors that go away.
struct planned_sequence {
    std::string name;
    std::string text;
    context::cpu_facts facts;
};

/// Throws std::runtime_error where a sequence cannot be read.
class sequence_writer {
  public:
    explicit sequence_writer(generated& into) : into_{into} {}

    void add(const std::string& name, std::string_view text);
    void add(const planned_sequence& one);
    /// After the last one.
    void finish();

  private:
    void add(const context::program& what, std::string reason);

    generated& into_;
    std::string rows_;
    std::string left_out_;
    unsigned number_ = 0;
};

}  // namespace msr::switching
