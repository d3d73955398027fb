// A filter's file. What can be read is a filter that KVM takes, and is the same when it is written and read again.
#include <cstdint>
#include <string_view>

#include "msr/catalogue/built_in.hpp"
#include "tools/msr/kvm_filter.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto& facts = msr::catalogue::built_in();
    const auto filter = tool::read_kvm_filter(text, "as it is", facts);
    if (!filter) return 0;
    if (!(**filter).validate()) __builtin_trap();
    const auto written = tool::write_kvm_filter(**filter);
    const auto again = tool::read_kvm_filter(written, "written again", facts);
    if (!again || tool::write_kvm_filter(**again) != written) __builtin_trap();
    static_cast<void>(tool::kvm_filter_page(**filter, facts));
    return 0;
}
