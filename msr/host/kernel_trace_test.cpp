#include "msr/host/kernel_trace.hpp"

#include <gtest/gtest.h>

#include "msr/host/fake_system.hpp"

namespace msr::host {
namespace {

// A folder in the place of tracefs: what the kernel would put into a new instance is not there.
class kernel_trace_test : public testing::Test {
  protected:
    kernel_trace_test() { std::filesystem::create_directories(instances); }

    [[nodiscard]] error refusal(std::span<const std::string_view> events) const {
        const auto started = kernel_trace::start(events, system.root());
        EXPECT_FALSE(started);
        return started ? error{} : started.error();
    }

    static constexpr std::string_view switches[]{"sched/sched_switch"};
    fake_system system;
    std::filesystem::path instances = system.root() / "sys/kernel/tracing/instances";
    std::filesystem::path own = instances / ("msrkit-" + std::to_string(::getpid()));
};

TEST_F(kernel_trace_test, a_kernel_without_the_event_is_told_and_nothing_stays) {
    const auto why = refusal(switches);
    EXPECT_EQ(why.kind, error_kind::not_possible);
    EXPECT_NE(why.why.find("no tracepoint sched/sched_switch"), std::string::npos) << why.line();
    EXPECT_TRUE(std::filesystem::is_empty(instances));
}

TEST_F(kernel_trace_test, a_setting_that_cannot_be_written_is_told_and_nothing_stays) {
    const auto why = refusal({});
    EXPECT_EQ(why.kind, error_kind::system_failed);
    EXPECT_NE(why.why.find((own / "buffer_size_kb").string()), std::string::npos) << why.line();
    EXPECT_TRUE(std::filesystem::is_empty(instances));
}

TEST_F(kernel_trace_test, a_buffer_that_was_left_behind_is_told_and_stays) {
    std::filesystem::create_directory(own);
    const auto why = refusal(switches);
    EXPECT_NE(why.remedy.find("rmdir " + own.string()), std::string::npos) << why.line();
    EXPECT_TRUE(std::filesystem::exists(own));
}

TEST_F(kernel_trace_test, without_tracefs_it_is_told_how_to_get_it) {
    std::filesystem::remove(instances);
    const auto why = refusal(switches);
    EXPECT_NE(why.remedy.find("mount -t tracefs"), std::string::npos) << why.line();
}

}  // namespace
}  // namespace msr::host
