// Events of Linux's tracepoints, recorded for a while in a buffer of their own.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "msr/host/error.hpp"

namespace msr::host {

class kernel_trace {
  public:
    /// Begins to record these events ("sched/sched_switch"). `root` is where /sys is. The error says which of them this
    /// kernel has not, or why they may not be recorded.
    [[nodiscard]] static outcome<kernel_trace> start(std::span<const std::string_view> events,
                                                     const std::filesystem::path& root = "/");

    kernel_trace(kernel_trace&& other) noexcept;
    kernel_trace& operator=(kernel_trace&&) = delete;
    kernel_trace(const kernel_trace&) = delete;
    kernel_trace& operator=(const kernel_trace&) = delete;
    /// Removes the buffer.
    ~kernel_trace();

    /// Stops, and returns the text of what was recorded.
    [[nodiscard]] outcome<std::string> stop();

  private:
    explicit kernel_trace(std::filesystem::path instance) : instance_{std::move(instance)} {}
    [[nodiscard]] outcome<void> put(const std::filesystem::path& file, std::string_view word) const;

    std::filesystem::path instance_;  // empty: moved from
};

}  // namespace msr::host
