// A filter for KVM as text: first "allow" or "deny", for what no range covers; then ranges, a line each:
//
//     r|w|rw BASE BITS            a 1, allowed, or a 0, denied, for BASE (hexadecimal without 0x) and each address
//     after it
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <linux/kvm.h>

#include "msr/host/error.hpp"

namespace msr::oracle {

struct filter_range {
    std::uint32_t flags = 0;  // KVM_MSR_FILTER_READ, KVM_MSR_FILTER_WRITE
    std::uint32_t base = 0;
    std::uint32_t count = 0;
    std::vector<std::uint64_t> bits;  // bit 0 of the first is `base`'s
};

struct filter {
    bool denies = false;  // what no range covers
    std::vector<filter_range> ranges;
};

/// The error names the line. More ranges than KVM takes are an error; all else is KVM's to refuse.
[[nodiscard]] host::outcome<filter> parse_filter(std::string_view text);
/// The same of a whole file; "-" is standard input.
[[nodiscard]] host::outcome<filter> read_filter(const std::string& path);

/// As KVM takes it; refers to the filter's bits.
[[nodiscard]] kvm_msr_filter as_request(filter& wanted);

}  // namespace msr::oracle
