#include "msr/context/segment_bases/checker.hpp"

#include <algorithm>
#include <new>

namespace msr::context {

namespace {

// How a state was first reached.
struct origin {
    std::uint32_t from;
    happening what;
};

class exploration {
  public:
    exploration(program& what, const cpu_facts& facts, delivery mode) : machine_{what, facts, mode, frames_} {
        frames_.add({});  // number 0 stands for no frame
    }

    check_result run(std::uint64_t limit) {
        std::uint32_t next = 0;
        try {
            states_.add(machine_.first());
            origins_.push_back({0, happening::step});
            for (; next < states_.size(); ++next) {
                if (next == limit) return {.is = verdict::limit_reached, .states = next};
                if (const auto what = expand(next); what != none) return refuted(next, static_cast<happening>(what));
            }
            return {.is = verdict::safe, .states = next, .unreached = unreached()};
        } catch (const std::bad_alloc&) {
            return {.is = verdict::limit_reached, .states = next, .out_of_memory = true};
        }
    }

  private:
    static constexpr std::size_t none = happenings;

    // Adds what can follow; the happening that does wrong, if one does.
    std::size_t expand(std::uint32_t number) {
        const auto before = states_[number];
        for (std::size_t what = 0; what < happenings; ++what) {
            auto after = before;
            const auto came = machine_.apply(after, static_cast<happening>(what));
            if (!came) continue;
            if (came->wrong != violation::none || machine_.boundary(after) != violation::none) return what;
            if (!came->ends && states_.add(after).is_new) origins_.push_back({number, static_cast<happening>(what)});
        }
        return none;
    }

    [[nodiscard]] std::vector<std::uint16_t> unreached() const {
        const auto& code = machine_.code().code;
        std::vector<bool> reached(code.size());
        for (std::uint32_t number = 0; number < states_.size(); ++number)
            reached[states_[number].at] = true;
        std::vector<std::uint16_t> result;
        for (std::size_t at = 0; at < code.size(); ++at) {
            if (!reached[at] && code[at].line != 0 && code[at].what != operation::oops)
                result.push_back(static_cast<std::uint16_t>(at));
        }
        return result;
    }

    // From the start to a state, and one step more.
    check_result refuted(std::uint32_t last, happening then) {
        std::vector<happening> way{then};
        for (auto at = last; at != 0; at = origins_[at].from)
            way.push_back(origins_[at].what);
        std::ranges::reverse(way);
        check_result result{.is = verdict::refuted, .states = last + 1ULL};
        auto state = states_[0];
        for (const auto what : way) {
            trace_step one{.what = what, .at = state.at, .depth = nesting(state)};
            one.came = *machine_.apply(state, what);
            if (one.came.wrong == violation::none) one.came.wrong = machine_.boundary(state);
            result.wrong = one.came.wrong;
            one.after = state;
            result.trace.push_back(one);
        }
        return result;
    }

    [[nodiscard]] std::uint32_t nesting(const machine_state& state) const {
        std::uint32_t count = 0;
        for (auto frame = state.stack; frame != 0; frame = frames_[frame].below)
            ++count;
        return count;
    }

    interned<stack_frame> frames_;
    interned<machine_state> states_;
    std::vector<origin> origins_;
    machine machine_;
};

}  // namespace

text to_string(verdict one) {
    switch (one) {
        case verdict::safe: return "safe";
        case verdict::refuted: return "refuted";
        case verdict::limit_reached: return "limit_reached";
    }
    return "unknown";
}

check_result check(program& what, const cpu_facts& facts, delivery mode, std::uint64_t limit) {
    return exploration{what, facts, mode}.run(limit);
}

}  // namespace msr::context
