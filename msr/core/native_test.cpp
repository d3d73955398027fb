// The native bus in a process: RDMSR and WRMSR outside ring 0 raise #GP, which the kernel turns into SIGSEGV. The
// signal's handler plays a kernel's #GP handler.
#include "msr/core/native.hpp"

#include <csetjmp>
#include <csignal>

#include <gtest/gtest.h>
#include <ucontext.h>

#include "msr/core/access.hpp"
#include "msr/registers/ia32_efer.hpp"

namespace msr {
namespace {

int recovered = 0;    // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): a handler's only way out
sigjmp_buf not_ours;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// What a kernel does with #GP: our access, or somebody else's fault?
void general_protection(int, siginfo_t*, void* interrupted) {
    auto& saved = static_cast<ucontext_t*>(interrupted)->uc_mcontext.gregs[REG_RIP];
    auto instruction_pointer = static_cast<std::uint64_t>(saved);
    if (!recover(instruction_pointer)) siglongjmp(not_ours, 1);
    ++recovered;
    saved = static_cast<greg_t>(instruction_pointer);
}

class native : public testing::Test {
  protected:
    void SetUp() override {
        recovered = 0;
        struct sigaction action{};
        action.sa_sigaction = general_protection;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        ASSERT_EQ(sigaction(SIGSEGV, &action, &before_), 0);
    }
    void TearDown() override { sigaction(SIGSEGV, &before_, nullptr); }

  private:
    struct sigaction before_{};
};

TEST_F(native, a_refused_read_is_a_value) {
    const auto value = read<ia32_efer>(native_bus{});
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error(), (fault{.index = ia32_efer::address}));
    EXPECT_EQ(recovered, 1);
}

TEST_F(native, a_refused_write_is_a_value) {
    const auto done = write(native_bus{}, ia32_efer{});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), (fault{.index = ia32_efer::address, .direction = direction::write}));
    EXPECT_EQ(recovered, 1);
}

TEST_F(native, an_update_stops_at_the_refused_read) {
    const auto done = update<ia32_efer>(native_bus{}, [](ia32_efer value) { return value.sce(true); });
    EXPECT_EQ(done.error().direction, direction::read);
    EXPECT_EQ(recovered, 1);
}

TEST_F(native, execution_goes_on_where_the_access_reports_it) {
    int refused = 0;
    for (std::uint32_t index = 0; index < 100; ++index)
        refused += native_bus{}.read(index) ? 0 : 1;
    EXPECT_EQ(refused, 100);
    EXPECT_EQ(recovered, 100);
}

TEST_F(native, a_refused_read_leaves_edx_and_eax_as_they_were) {
    std::uint64_t low = 0x1234'5678;
    std::uint64_t high = 0x9ABC'DEF0;
    asm volatile("1: rdmsr\n2:" MSRKIT_RECOVER_AT("2b") : "+a"(low), "+d"(high) : "c"(ia32_efer::address) : "memory");
    EXPECT_EQ(recovered, 1);
    EXPECT_EQ(low, 0x1234'5678U);
    EXPECT_EQ(high, 0x9ABC'DEF0U);
}

TEST_F(native, a_segment_base_that_is_not_canonical_is_refused) {
    struct sigaction before{};
    struct sigaction undefined{};
    undefined.sa_handler = [](int) { siglongjmp(not_ours, 1); };
    undefined.sa_flags = SA_NODEFER;
    ASSERT_EQ(sigaction(SIGILL, &undefined, &before), 0);
    const bool enabled = sigsetjmp(not_ours, 1) == 0;
    if (enabled) {
        const auto has = enumerated<features::fsgsbase>::vouched_for();
        EXPECT_TRUE(instructions::wrgsbase(has, instructions::rdgsbase(has)));
        EXPECT_FALSE(instructions::wrgsbase(has, std::uint64_t{1} << 63));
        EXPECT_EQ(recovered, 1);
    }
    sigaction(SIGILL, &before, nullptr);
    if (!enabled) GTEST_SKIP() << "CR4.FSGSBASE is clear: RDGSBASE raises #UD";
}

TEST_F(native, a_fault_of_other_code_is_left_to_the_kernel) {
    if (sigsetjmp(not_ours, 1) == 0) {
        asm volatile("hlt");
        FAIL() << "HLT outside ring 0 raises #GP";
    }
    EXPECT_EQ(recovered, 0);
}

}  // namespace
}  // namespace msr
