#include "tools/msr/background.hpp"

#include <algorithm>

#include "msr/profile/resolve.hpp"

namespace tool {

host::outcome<background> background::open(common_options options) {
    background result;
    if (options.from.empty() && options.cpus.empty() && !options.names_cpu()) {
        auto loaded = tool::facts::load(options.catalogue);
        if (!loaded) return std::unexpected{loaded.error()};
        result.facts_ = std::move(*loaded);
        return result;
    }
    auto opened = session::open(options);
    if (!opened) return std::unexpected{opened.error()};
    if (!opened->complaint().empty()) static_cast<void>(fail(done, opened->complaint()));
    result.session_ = std::move(*opened);
    return result;
}

bool background::may_exist(const catalogue::register_entry& entry) const {
    if (!session_) return true;
    return std::ranges::any_of(session_->cpus(), [&](std::uint32_t number) {
        return profile::exists(entry, session_->cpu(number)) != catalogue::holds::no;
    });
}

void add_optional_source(CLI::App& app, common_options& options) {
    options.from.clear();
    app.add_option("--from", options.from, "For this machine's CPU only: auto, linux, kvm, or a snapshot's file");
    app.add_option("--cpus", options.cpus, "Which CPUs, as 0-3,8 (all)");
}

}  // namespace tool
