// Work done on chosen CPUs: a register is read an order of magnitude faster, and CPUID only rightly, from the CPU
// itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace msr::host {

/// Binds the calling thread to a CPU, and gives it back its old CPUs at the end.
class pinned {
  public:
    explicit pinned(std::uint32_t cpu);
    pinned(const pinned&) = delete;
    pinned& operator=(const pinned&) = delete;
    pinned(pinned&&) = delete;
    pinned& operator=(pinned&&) = delete;
    ~pinned();

    /// False where the system does not allow the CPU (a cpuset, an offline CPU): the thread then runs where it did.
    [[nodiscard]] explicit operator bool() const { return held_; }

  private:
    std::array<unsigned long, 128> before_{};  // a bit for each of 8192 CPUs
    long before_size_ = 0;                     // bytes of it that the kernel filled
    bool held_ = false;
};

/// Runs work(position) for every CPU of the list, each on its CPU where that is allowed, CPUs in parallel. `tick` is
/// called from the calling thread about ten times a second while that lasts. Returns when all is done.
void on_each_cpu(std::span<const std::uint32_t> cpus, const std::function<void(std::size_t position)>& work,
                 const std::function<void()>& tick = {});

}  // namespace msr::host
