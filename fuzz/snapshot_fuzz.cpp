// A snapshot's file. The checksum would keep the fuzzer at the door, so it is put right first.
#include <cstdint>
#include <string>

#include "msr/host/snapshot.hpp"
#include "msr/host/snapshot_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace host = msr::host;
    const std::string text{reinterpret_cast<const char*>(data), size};
    if (!host::read_snapshot(text, "as it is") && text.size() > host::snapshot_format::last_line_size) {
        const auto content = text.substr(0, text.rfind(host::snapshot_format::last_line));
        const auto whole = content + host::snapshot_format::end_of(content);
        const auto recorded = host::read_snapshot(whole, "with its checksum");
        // What can be read can be written, and is the same when read again.
        if (recorded && !host::read_snapshot(host::write_snapshot(*recorded), "written again")) __builtin_trap();
    }
    return 0;
}
