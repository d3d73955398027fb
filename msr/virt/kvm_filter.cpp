#include "msr/virt/kvm_filter.hpp"

#include "msr/registers/ia32_x2apic_apicid.hpp"

namespace msr::virt {

using filter_reason = kvm_filter_refusal::reason;

namespace {

constexpr std::uint32_t all_directions = static_cast<std::uint32_t>(accesses::both);

constexpr std::uint32_t filter_flag(direction access) {
    return static_cast<std::uint32_t>(access == direction::read ? accesses::reads : accesses::writes);
}

constexpr std::size_t filter_words(std::uint32_t registers) {
    return (std::uint64_t{registers} + 63) / 64;
}

std::expected<void, kvm_filter_refusal> refuse_filter(filter_reason why, std::size_t range = 0) {
    return std::unexpected{kvm_filter_refusal{why, range}};
}

bool range_covers(const kvm_filter_range& range, std::uint32_t index, direction access) {
    const std::uint32_t end = range.base + range.count;  // as KVM computes it: in 32 bits
    return index >= range.base && index < end && (range.flags & filter_flag(access)) != 0;
}

}  // namespace

text to_string(filter_reason why) {
    switch (why) {
        case filter_reason::unknown_flags: return "it has flags that KVM does not know";
        case filter_reason::denies_all: return "it denies by default and has no range: KVM refuses that";
        case filter_reason::too_many_ranges: return "it has more than 16 ranges";
        case filter_reason::unknown_range_flags: return "it has flags that KVM does not know";
        case filter_reason::no_direction: return "it is for neither reads nor writes";
        case filter_reason::too_long: return "it has more registers than a bitmap of 600H bytes has bits: 3000H";
        case filter_reason::bitmap_too_short: return "its bitmap has fewer bits than it has registers";
    }
    return "unknown";
}

bool is_filtered_by_kvm(std::uint32_t index) {
    return index >> 8 != ia32_x2apic_apicid::address >> 8;
}

std::expected<void, kvm_filter_refusal> kvm_filter::validate() const {
    if ((flags & ~denies_by_default) != 0) return refuse_filter(filter_reason::unknown_flags);
    bool empty = true;
    for (const auto& range : ranges)
        empty = empty && range.count == 0;
    if (empty && (flags & denies_by_default) != 0) return refuse_filter(filter_reason::denies_all);
    if (ranges.size() > kvm_filter_limits::ranges) return refuse_filter(filter_reason::too_many_ranges);
    for (std::size_t at = 0; at < ranges.size(); ++at) {
        const auto& range = ranges[at];
        if (range.count == 0) continue;
        if ((range.flags & ~all_directions) != 0) return refuse_filter(filter_reason::unknown_range_flags, at);
        if (range.flags == 0) return refuse_filter(filter_reason::no_direction, at);
        if (filter_words(range.count) > kvm_filter_limits::bitmap_words)
            return refuse_filter(filter_reason::too_long, at);
        if (range.bitmap.size() < filter_words(range.count)) return refuse_filter(filter_reason::bitmap_too_short, at);
    }
    return {};
}

kvm_filter_decision kvm_filter::decide(std::uint32_t index, direction access) const {
    if (!is_filtered_by_kvm(index)) return {.decided = kvm_filter_decision::by::exemption};
    for (std::size_t at = 0; at < ranges.size(); ++at) {
        const auto& range = ranges[at];
        if (!range_covers(range, index, access)) continue;
        const auto bit = index - range.base;
        const bool allowed = (range.bitmap[bit / 64] >> (bit % 64) & 1U) != 0;
        return {.allowed = allowed, .decided = kvm_filter_decision::by::range, .range = at};
    }
    return {.allowed = (flags & denies_by_default) == 0};
}

namespace {

// A range that is going to be: it begins here and is as long as can be.
struct placed_range {
    std::uint32_t base = 0;
    accesses which = accesses::both;
};

/// Looks for the fewest ranges. One direction's ranges stand before those of both, so that for a register both may
/// differ: it is decided right
/// - allowed in both: by a range of both, or by one of each;
/// - in one: by a range of this direction, or by one of the other, which denies, before one of both, which allows.
/// Covering more never hurts, so that every range begins at a register which needs it and is as long as can be: at each
/// register not decided yet there are two ways to go on, and at most 16 ranges to place.
class range_search {
  public:
    explicit range_search(view<passed_register> registers) : registers_{registers} {}

    void run() { go_on(0, {}); }
    [[nodiscard]] view<placed_range> best() const { return {best_, best_size_}; }

  private:
    // Up to where the ranges of each sort reach; beyond 32 bits at the end.
    struct reach {
        std::uint64_t ends[4] = {};  // by `accesses`

        [[nodiscard]] bool has(accesses which, std::uint32_t index) const { return index < ends[place(which)]; }
        static std::size_t place(accesses which) { return static_cast<std::size_t>(which); }
    };

    // Ranges that together decide a register; the same twice: one is enough.
    struct way {
        accesses first;
        accesses second;
    };

    static constexpr accesses other_than(accesses which) {
        return which == accesses::reads ? accesses::writes : accesses::reads;
    }
    static way direct_way(accesses allowed) { return {allowed, allowed}; }
    static way roundabout_way(accesses allowed) {
        if (allowed == accesses::both) return {accesses::reads, accesses::writes};
        return {other_than(allowed), accesses::both};
    }
    static bool goes(const way& one, std::uint32_t index, const reach& covered) {
        return covered.has(one.first, index) && covered.has(one.second, index);
    }

    // KVM never asks the filter, or its ranges, which end one register later, cannot hold it.
    static bool out_of_reach(std::uint32_t index) { return !is_filtered_by_kvm(index) || index + 1 == 0; }

    [[nodiscard]] bool is_decided(const passed_register& one, const reach& covered) const {
        return out_of_reach(one.index) || goes(direct_way(one.allowed), one.index, covered) ||
               goes(roundabout_way(one.allowed), one.index, covered);
    }

    void go_on(std::size_t at, const reach& covered) {
        while (at < registers_.size() && is_decided(registers_[at], covered))
            ++at;
        keep_if_better(at);
        const bool hopeless = complete_ && size_ + 1 >= best_size_;
        if (at == registers_.size() || size_ == kvm_filter_limits::ranges || hopeless) return;
        const auto allowed = registers_[at].allowed;
        take(direct_way(allowed), at, covered);
        take(roundabout_way(allowed), at, covered);
    }

    void take(const way& chosen, std::size_t at, reach covered) {
        const auto before = size_;
        const bool fits = place(chosen.first, at, covered) && place(chosen.second, at, covered);
        if (fits) go_on(at, covered);
        size_ = before;
    }

    [[nodiscard]] bool place(accesses which, std::size_t at, reach& covered) {
        const auto base = registers_[at].index;
        if (covered.has(which, base)) return true;
        if (size_ == kvm_filter_limits::ranges) return false;
        placed_[size_++] = {base, which};
        covered.ends[reach::place(which)] = std::uint64_t{base} + kvm_filter_limits::registers;
        return true;
    }

    // Further is better; all with fewer is best.
    void keep_if_better(std::size_t at) {
        const bool better = at > furthest_ || (at == furthest_ && size_ < best_size_);
        if (!better && kept_) return;
        kept_ = true;
        furthest_ = at;
        complete_ = at == registers_.size();
        best_size_ = size_;
        for (std::size_t one = 0; one < size_; ++one)
            best_[one] = placed_[one];
    }

    view<passed_register> registers_;
    placed_range placed_[kvm_filter_limits::ranges];
    placed_range best_[kvm_filter_limits::ranges];
    std::size_t size_ = 0;
    std::size_t best_size_ = 0;
    std::size_t furthest_ = 0;
    bool complete_ = false;
    bool kept_ = false;
};

/// Writes the ranges that were found into the caller's memory.
class range_writer {
  public:
    range_writer(view<passed_register> registers, kvm_filter_storage& memory)
        : registers_{registers}, memory_{memory} {}

    kvm_filter write(view<placed_range> found) {
        for (const auto& one : found) {
            if (one.which != accesses::both) add(one);
        }
        for (const auto& one : found) {
            if (one.which == accesses::both) add(one);
        }
        if (size_ == 0) add_empty();
        return so_far();
    }

  private:
    [[nodiscard]] kvm_filter so_far() const {
        return {.flags = kvm_filter::denies_by_default, .ranges = {memory_.ranges, size_}};
    }

    // KVM takes no denial of everything without a range that says something.
    void add_empty() {
        memory_.words[0][0] = 0;
        memory_.ranges[size_++] = {all_directions, 0, 1, {memory_.words[0], 1}};
    }

    // A range of both decides only what none before it does.
    [[nodiscard]] bool bit_for(const passed_register& one, std::uint32_t flags) const {
        const auto before = so_far();
        bool allowed = true;
        for (const auto access : {direction::read, direction::write}) {
            const bool decides = (flags & filter_flag(access)) != 0 &&
                                 before.decide(one.index, access).decided != kvm_filter_decision::by::range;
            allowed = allowed && (!decides || includes(one.allowed, access));
        }
        return allowed;
    }

    void add(const placed_range& wanted) {
        auto& words = memory_.words[size_];
        for (auto& word : words)
            word = 0;
        const auto flags = static_cast<std::uint32_t>(wanted.which);
        std::uint32_t count = 0;
        for (const auto& one : registers_) {
            const auto bit = one.index - wanted.base;
            const bool inside = one.index >= wanted.base && bit < kvm_filter_limits::registers;
            if (!inside || one.index + 1 == 0 || !is_filtered_by_kvm(one.index)) continue;
            count = bit + 1;
            if (bit_for(one, flags)) words[bit / 64] |= std::uint64_t{1} << (bit % 64);
        }
        memory_.ranges[size_++] = {flags, wanted.base, count, {words, filter_words(count)}};
    }

    view<passed_register> registers_;
    kvm_filter_storage& memory_;
    std::size_t size_ = 0;
};

}  // namespace

std::expected<packed_kvm_filter, std::uint32_t> pack(view<passed_register> allowed, kvm_filter_storage& memory) {
    for (std::size_t at = 1; at < allowed.size(); ++at) {
        if (allowed[at].index <= allowed[at - 1].index) return std::unexpected{allowed[at].index};
    }
    range_search search{allowed};
    search.run();
    packed_kvm_filter made{.filter = range_writer{allowed, memory}.write(search.best())};
    for (const auto& one : allowed) {
        for (const auto access : {direction::read, direction::write})
            made.left_out += made.filter.allows(one.index, access) != includes(one.allowed, access) ? 1U : 0U;
    }
    return made;
}

}  // namespace msr::virt
