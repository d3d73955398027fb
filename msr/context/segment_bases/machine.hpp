// A CPU that runs a sequence: what can happen next in a state, one thing at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "msr/context/segment_bases/interned.hpp"
#include "msr/context/segment_bases/program.hpp"

namespace msr::context {

/// Everything that the future depends on. Without padding: compared and hashed as bytes.
struct machine_state {
    cpu_state processor;
    value memory[most_variables]{};
    promised_bases promise[most_tasks];
    guest_bases guest;  // what the guest had when it was left
    std::uint8_t task = 0;
    std::uint8_t depth = 0;  // events in progress that came by themselves
    std::uint8_t in_guest = 0;
    std::uint8_t faults = 0;  // in progress: a second fault within a fault's handler is possible, a tenth is a loop
    std::uint16_t at = 0;     // the instruction that is next
    std::uint32_t stack = 0;  // the number of the last frame; 0 for none

    friend constexpr bool operator==(const machine_state&, const machine_state&) = default;
};
static_assert(std::has_unique_object_representations_v<machine_state>);

/// A frame, with the bases that the interrupted code had.
struct stack_frame {
    std::uint32_t below = 0;
    std::uint16_t at = 0;  // where it returns to
    return_frame saved;
    segment fs;
    segment gs;
    value kernel_gs_base = zero;
    event kind = event::fault;
    std::uint8_t unused[3]{};

    friend constexpr bool operator==(const stack_frame&, const stack_frame&) = default;
};
static_assert(std::has_unique_object_representations_v<stack_frame>);

/// What happens: the next instruction, one of the ways in which it can fail, or an event before it.
enum class happening : std::uint8_t { step, descriptor_gone, frame_refused, interrupt, nmi, machine_check, debug };
inline constexpr std::size_t happenings = 7;

struct outcome {
    violation wrong = violation::none;
    exception fault = exception::none;
    bool ends = false;     // the sequence is over; there is no next state
    bool trapped = false;  // not the instruction: the debug exception that MOV SS had held back
};

class machine {
  public:
    machine(program& what, const cpu_facts& facts, delivery mode, interned<stack_frame>& frames);

    [[nodiscard]] machine_state first();

    /// Does what happens, if it can in this state; nothing if it cannot.
    [[nodiscard]] std::optional<outcome> apply(machine_state& state, happening what);

    /// What must hold at every boundary.
    [[nodiscard]] violation boundary(const machine_state& state) const;

    [[nodiscard]] const cpu& processor() const { return cpu_; }
    [[nodiscard]] const program& code() const { return *program_; }

  private:
    [[nodiscard]] outcome deliver(machine_state& state, event kind);
    [[nodiscard]] outcome fault(machine_state& state, exception why);
    [[nodiscard]] outcome step(machine_state& state, bool gone, bool refused);
    [[nodiscard]] exception processor_step(machine_state& state, const instruction& one, bool gone, outcome& result);
    [[nodiscard]] exception segment_step(machine_state& state, const instruction& one, bool gone, outcome& result);
    [[nodiscard]] exception register_step(machine_state& state, const instruction& one, outcome& result);
    void software_step(machine_state& state, const instruction& one, outcome& result);
    void stated_step(machine_state& state, const instruction& one, outcome& result);
    void jump_step(machine_state& state, const instruction& one, outcome& result);
    [[nodiscard]] exception leave(machine_state& state, const instruction& one, outcome& result);
    [[nodiscard]] violation entering_user(const machine_state& state) const;
    void enter_guest(machine_state& state, const instruction& one, outcome& result);
    void leave_guest(machine_state& state, const instruction& one, outcome& result);
    [[nodiscard]] value& place(machine_state& state, std::uint8_t which, outcome& result) const;
    [[nodiscard]] value source(machine_state& state, const instruction& one, outcome& result) const;
    [[nodiscard]] bool kernel_base_active(const machine_state& state) const;

    program* program_;
    cpu cpu_;
    interned<stack_frame>* frames_;
};

}  // namespace msr::context
