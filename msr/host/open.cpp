#include "msr/host/open.hpp"

#include <utility>

#include <fmt/format.h>

#include "msr/host/kvm_machine.hpp"
#include "msr/host/linux_machine.hpp"
#include "msr/host/snapshot_machine.hpp"

namespace msr::host {
namespace {

using opened = outcome<std::unique_ptr<machine>>;

template <class Machine>
opened owned(outcome<Machine> one) {
    if (!one) return std::unexpected{std::move(one.error())};
    return std::make_unique<Machine>(std::move(*one));
}

opened open_file(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return std::unexpected{error{error_kind::bad_input, "cannot read from " + path.string(),
                                     "it is neither auto, linux, kvm nor a file", "name one of these"}};
    }
    return owned(snapshot_machine::open(path));
}

opened open_first(const device_places& places) {
    auto linux_one = owned(linux_machine::open(places.root));
    if (linux_one) return linux_one;
    auto kvm_one = owned(kvm_machine::open(places.kvm));
    if (kvm_one) return kvm_one;
    return std::unexpected{error{error_kind::no_access, "no registers can be read here",
                                 fmt::format("linux: {}; kvm: {}", linux_one.error().line(), kvm_one.error().line()),
                                 "or name a snapshot's file"}};
}

}  // namespace

outcome<std::unique_ptr<machine>> open_machine(std::string_view from, const device_places& places) {
    if (from == "auto") return open_first(places);
    if (from == "linux") return owned(linux_machine::open(places.root));
    if (from == "kvm") return owned(kvm_machine::open(places.kvm));
    return open_file(from);
}

}  // namespace msr::host
