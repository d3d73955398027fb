// Watches a stepped guest as the checker watches its model: what each instruction means, and what must hold after it.
// Freestanding.
#pragma once

#include <cstdint>

#include "lab/switching/sequence.hpp"
#include "lab/switching/stepped_guest.hpp"

namespace msr::switching {

class judge {
  public:
    judge(const sequence& what, stepped_guest& guest) : what_{&what}, guest_{&guest} {}

    /// Both go to the start.
    void begin();

    /// The guest's next instruction, or the delivery of its event; what was wrong with it.
    [[nodiscard]] context::violation step();

    /// The instruction of the sequence that is next, if its very machine instruction is.
    [[nodiscard]] const assembled* next_core() const;
    /// The one that the guest is in, before its machine instruction or after it.
    [[nodiscard]] const assembled* within() const;

    /// How often user mode was entered.
    [[nodiscard]] unsigned returns() const { return now_.returns; }

    /// What it knows, to go back to with the guest.
    struct knowledge {
        struct frame {
            task_bases bases;
            std::uint64_t kernel_gs_base;
            bool by_itself;
        };
        static constexpr unsigned most_frames = 16;

        task_bases promise[2];
        frame frames[most_frames];
        unsigned depth = 0;
        unsigned returns = 0;
        std::uint8_t task = 0;
    };
    [[nodiscard]] const knowledge& known() const { return now_; }
    void know(const knowledge& from) { now_ = from; }

  private:
    [[nodiscard]] bool arrived(std::uint64_t at);
    [[nodiscard]] context::violation after(const assembled& done);
    [[nodiscard]] context::violation returned();
    [[nodiscard]] context::violation entering_user() const;
    void push(bool by_itself);

    const sequence* what_;
    stepped_guest* guest_;
    knowledge now_;
};

}  // namespace msr::switching
