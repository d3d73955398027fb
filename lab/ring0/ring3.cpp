#include "lab/ring0/ring3.hpp"

#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"

extern "C" {
extern std::uint64_t page_tables[];  // of entry.S: 2 MB pages, each at its own address
extern std::uint64_t page_directories[];
extern std::uint64_t page_directory[];
extern const char user_start[];
extern const char user_end[];
extern const char ring3_leave[];
void ring3_enter(msr::ring0::ring3_program* program, std::uint64_t code, std::uint64_t stack, std::uint64_t flags);
}

namespace msr::ring0 {
namespace {

constexpr unsigned large_page_bits = 21;
return_reason last_return;

}  // namespace

void open_to_ring_3() {
    page_tables[0] |= page_entry::user;
    page_directories[0] |= page_entry::user;
    const auto first = reinterpret_cast<std::uint64_t>(user_start) >> large_page_bits;
    const auto last = (reinterpret_cast<std::uint64_t>(user_end) - 1) >> large_page_bits;
    for (auto page = first; page <= last; ++page)
        page_directory[page] |= page_entry::user;
    write_cr3(read_cr3());
}

return_reason visit_ring_3(ring3_program* program) {
    using namespace selector;
    ring3_enter(program, user_code | of_ring_3, user_data | of_ring_3, rflags::always_one | rflags::direction);
    return last_return;
}

bool end_visit(lab::frame& interrupted) {
    if ((interrupted.code_segment & selector::of_ring_3) == 0) return false;
    last_return = {.vector = static_cast<std::uint8_t>(interrupted.vector),
                   .error_code = interrupted.error_code,
                   .instruction_pointer = interrupted.instruction_pointer};
    interrupted.instruction_pointer = reinterpret_cast<std::uint64_t>(ring3_leave);
    interrupted.code_segment = selector::code;
    interrupted.stack_segment = selector::data;
    interrupted.flags = rflags::always_one;
    return true;  // ring3_leave finds its stack by itself
}

}  // namespace msr::ring0
