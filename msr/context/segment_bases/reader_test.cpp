#include "msr/context/segment_bases/reader.hpp"

#include <gtest/gtest.h>

#include "msr/context/segment_bases/checker.hpp"

namespace msr::context {
namespace {

constexpr std::string_view head = "title t\nexpect safe\nmodes idt\nstart run kernel A\n";

void expect_mistake(const std::string& text, int line, int column, std::string_view message) {
    const auto result = read("test", text, delivery::idt);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().line, line) << text;
    EXPECT_EQ(result.error().column, column) << text;
    EXPECT_NE(result.error().message.find(message), std::string::npos) << result.error().message;
}

TEST(sequence_reader, tells_where_a_mistake_is) {
    const std::string start{head};
    expect_mistake(start + "run:\n    swapsg\n", 6, 5, "`swapsg`");
    expect_mistake(start + "run:\n  wrmsr IA32_EFER, rax\n", 6, 9, "`IA32_EFER`");
    expect_mistake(start + "run:\n  mov rsi, 1\n", 6, 7, "`rsi`");
    expect_mistake(start + "run:\n  wrgsbase\n  halt\n", 6, 11, "too few");
    expect_mistake(start + "run:\n  swapgs rax\n", 6, 10, "no more");
    expect_mistake(start + "run:\n  jmp away\n", 6, 7, "`away`");
    expect_mistake(start + "run:\n  halt\nrun:\n  halt\n", 7, 1, "two `run`");
    expect_mistake(start + "descriptor 0x33 base 0x100000000\n", 5, 22, "32 bits");
    expect_mistake(start + "events irq smi\n", 5, 12, "`smi`");
    expect_mistake(start + "variable a = 18446744073709551616\n", 5, 14, "no number");
    expect_mistake("title t\nexpect wrong\n", 2, 8, "neither safe nor refuted");
    expect_mistake("title t\nexpect refuted badly\n", 2, 16, "`badly`");
    expect_mistake("modes idt\n", 1, 1, "title");
    expect_mistake(std::string{"title t\n\x01"}, 2, 1, "not text");
}

TEST(sequence_reader, has_bounds) {
    std::string many{head};
    for (int at = 0; at < 100; ++at)
        many += "value v" + std::to_string(at) + " = " + std::to_string(1000 + at) + "\n";
    EXPECT_FALSE(read("test", many, delivery::idt));
    std::string variables{head};
    for (int at = 0; at < 13; ++at)
        variables += "variable v" + std::to_string(at) + " = 0\n";
    expect_mistake(variables, 17, 10, "at most 12 variables");
    expect_mistake(std::string(2000, '\n'), 1001, 1, "at most 1000 lines");
}

// A routine of the file takes the place of the kernel's of that name.
TEST(sequence_reader, lets_a_file_replace_a_routine) {
    const auto text = std::string{head} + "events nmi\nrun:\n  swapgs\n  swapgs\n  halt\nparanoid:\n  percpu\n  iret\n";
    auto one = read("test", text, delivery::idt);
    ASSERT_TRUE(one);
    EXPECT_EQ(check(*one, one->needs, delivery::idt).wrong, violation::wrong_base_in_kernel);
}

// WRMSRLIST is as many instructions as it writes registers: an event can come between.
TEST(sequence_reader, takes_a_list_apart) {
    const auto one = read(
        "test", std::string{head} + "run:\n  wrmsrlist IA32_FS_BASE 0 IA32_KERNEL_GS_BASE 0\n  halt\n", delivery::idt);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->code[0].what, operation::wrmsrlist);
    EXPECT_EQ(one->code[1].what, operation::wrmsrlist);
    EXPECT_EQ(one->code[2].what, operation::halt);
}

TEST(checker, never_calls_safe_what_it_did_not_finish) {
    auto one = read("test", std::string{head} + "events irq nmi mc db\nrun:\n  percpu\n  jmp leave\n", delivery::idt);
    ASSERT_TRUE(one);
    const auto all = check(*one, one->needs, delivery::idt);
    EXPECT_EQ(all.is, verdict::safe);
    const auto some = check(*one, one->needs, delivery::idt, all.states / 2);
    EXPECT_EQ(some.is, verdict::limit_reached);
    EXPECT_EQ(some.states, all.states / 2);
}

// The shortest way: an NMI before the first SWAPGS, and the handler's way to its first access.
TEST(checker, finds_the_shortest_trace) {
    auto one =
        read("test",
             "title t\nexpect safe\nmodes idt\ntask A gs_base=0x1000\nevents nmi\nhandler nmi trusting\n"
             "start run user A\nrun:\n  nop\n  syscall\n  jmp run\ntrusting:\n  jfrom_user plain\n  percpu\n  iret\n",
             delivery::idt);
    ASSERT_TRUE(one);
    const auto result = check(*one, one->needs, delivery::idt);
    ASSERT_EQ(result.wrong, violation::wrong_base_in_kernel);
    // nop, syscall, the NMI, jfrom_user, percpu
    EXPECT_EQ(result.trace.size(), 5U) << trace_text(*one, result);
    EXPECT_EQ(result.trace[2].what, happening::nmi);
}

}  // namespace
}  // namespace msr::context
