// A filter of KVM's with memory of its own, as a file, and in words.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "msr/host/error.hpp"
#include "msr/virt/kvm_filter.hpp"
#include "tools/msr/values.hpp"

namespace tool {

class owned_kvm_filter {
  public:
    owned_kvm_filter() = default;
    explicit owned_kvm_filter(std::uint32_t flags) : flags_{flags} {}
    /// A copy of a filter whose memory is another's.
    explicit owned_kvm_filter(const msr::virt::kvm_filter& from);
    // The ranges refer to the bitmaps, which stay where they are when their owners move.
    owned_kvm_filter(owned_kvm_filter&&) = default;
    owned_kvm_filter& operator=(owned_kvm_filter&&) = default;
    owned_kvm_filter(const owned_kvm_filter&) = delete;
    owned_kvm_filter& operator=(const owned_kvm_filter&) = delete;
    ~owned_kvm_filter() = default;

    /// A further range, whose bitmap is copied.
    void add(const msr::virt::kvm_filter_range& range);

    [[nodiscard]] msr::virt::kvm_filter operator*() const { return {flags_, ranges_}; }

  private:
    std::uint32_t flags_ = 0;
    std::vector<std::vector<std::uint64_t>> bitmaps_;
    std::vector<msr::virt::kvm_filter_range> ranges_;
};

/// "range 3: it is for neither reads nor writes": why KVM refuses a filter. Ranges are counted from 1, as in what the
/// tool prints.
[[nodiscard]] std::string refusal_in_words(const msr::virt::kvm_filter_refusal& refusal);

/// The file's text: JSON.
///
///     {"format": "msrkit-kvm-filter", "version": 1, "default": "deny",
///      "ranges": [{"access": "rw", "base": "0xc0000080", "count": 5, "allowed": ["0xc0000080",
///      "0xc0000082-0xc0000084"]}]}
///
/// `access` is r, w or rw; `base` and `allowed` may name registers of the catalogue, a family's name its members.
/// An empty slot has the count 0.
[[nodiscard]] std::string write_kvm_filter(const msr::virt::kvm_filter& filter);

/// A filter that KVM takes, or what is wrong with the file. `name` stands for the text in errors.
[[nodiscard]] host::outcome<owned_kvm_filter> read_kvm_filter(std::string_view text, std::string_view name,
                                                              const catalogue::tables& facts);
[[nodiscard]] host::outcome<owned_kvm_filter> load_kvm_filter(const std::filesystem::path& path,
                                                              const catalogue::tables& facts);

/// Neighbours that a range allows, with the names of the registers there, in order; those of different processors at
/// one address joined by a slash. No names where there are more than a page can hold.
struct allowed_stretch {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::vector<std::string> names;
};
[[nodiscard]] std::vector<allowed_stretch> allowed_registers(const msr::virt::kvm_filter_range& range,
                                                             const catalogue::tables& facts);
/// "r", "w" or "rw": the accesses that the range is for.
[[nodiscard]] std::string_view access_words(const msr::virt::kvm_filter_range& range);

/// What it says, range by range, with the names of the registers that it allows.
[[nodiscard]] std::string kvm_filter_page(const msr::virt::kvm_filter& filter, const catalogue::tables& facts);

/// "range 2", "the default", "KVM filters no x2APIC": what decided.
[[nodiscard]] std::string decider_in_words(const msr::virt::kvm_filter_decision& decision);

}  // namespace tool
