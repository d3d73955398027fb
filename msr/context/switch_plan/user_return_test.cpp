#include "msr/context/switch_plan/user_return.hpp"

#include <gtest/gtest.h>

#include "msr/core/test/counting_bus.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_star.hpp"

namespace msr::context {
namespace {

struct count_calls {
    int* calls;
    void operator()() const { ++*calls; }
};

// A CPU of which FMASK is not there.
class user_return : public testing::Test {
  protected:
    enum : std::size_t { star, lstar, fmask };

    user_return() {
        bus.registers = {{ia32_star::address, 10}, {ia32_lstar::address, 20}};
        registers.probe(bus);
        bus.writes = bus.reads = 0;
    }

    std::uint32_t addresses[3]{ia32_star::address, ia32_lstar::address, ia32_fmask::address};
    int armed = 0;
    test::counting_bus bus;
    user_return_registers<3, count_calls> registers{addresses, count_calls{&armed}};
};

TEST_F(user_return, a_register_that_is_refused_is_not_there) {
    EXPECT_TRUE(registers.is_present(star) && registers.is_present(lstar));
    EXPECT_FALSE(registers.is_present(fmask));
    EXPECT_EQ(registers.set(bus, fmask, 1),
              result<void>{std::unexpected(fault{.index = ia32_fmask::address, .direction = direction::write})});
    registers.set_for_user(fmask, 1);
    EXPECT_FALSE(registers.is_waiting());
    EXPECT_EQ(bus.writes, 0);
}

TEST_F(user_return, a_value_that_is_there_is_not_written) {
    EXPECT_TRUE(registers.set(bus, star, 10));
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.writes, 0);
    EXPECT_EQ(armed, 0);
}

TEST_F(user_return, a_guests_values_stay_until_the_return) {
    EXPECT_TRUE(registers.set(bus, star, 11));
    EXPECT_TRUE(registers.set(bus, lstar, 21));
    EXPECT_EQ(armed, 1);
    // The guest runs again and again, and the host never leaves the kernel.
    for (int round = 0; round < 100; ++round) {
        EXPECT_TRUE(registers.set(bus, star, 11));
        EXPECT_TRUE(registers.set(bus, lstar, 21));
    }
    EXPECT_EQ(bus.writes, 2);
    EXPECT_EQ(registers.known(star), 11);
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.registers[ia32_star::address], 10);
    EXPECT_EQ(bus.registers[ia32_lstar::address], 20);
    EXPECT_FALSE(registers.is_waiting());
    EXPECT_TRUE(registers.set(bus, star, 11));
    EXPECT_EQ(armed, 2);
}

TEST_F(user_return, of_many_switches_the_last_one_is_written) {
    for (std::uint64_t task = 100; task < 200; ++task)
        registers.set_for_user(star, task);
    EXPECT_EQ(bus.writes, 0);
    EXPECT_EQ(armed, 1);
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.registers[ia32_star::address], 199);
    EXPECT_EQ(bus.writes, 1);
}

TEST_F(user_return, there_and_back_before_the_return_is_no_write) {
    registers.set_for_user(star, 11);
    registers.set_for_user(star, 10);
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.writes, 0);
}

TEST_F(user_return, bits_outside_the_mask_are_user_modes) {
    EXPECT_TRUE(registers.set(bus, star, 0xF5, 0x0F));
    EXPECT_EQ(bus.registers[ia32_star::address], (0xF5 & 0x0F) | (10 & ~0x0F));
}

TEST_F(user_return, a_refused_write_changes_nothing) {
    bus.writes_refused = true;
    EXPECT_FALSE(registers.set(bus, star, 11));
    EXPECT_EQ(registers.known(star), 10);
    EXPECT_FALSE(registers.is_waiting());
    // On the way to user mode it is told, and goes on waiting; the others are written.
    registers.set_for_user(star, 12);
    registers.set_for_user(lstar, 22);
    EXPECT_EQ(registers.return_to_user(bus).error().index, ia32_star::address);
    EXPECT_TRUE(registers.is_waiting());
    bus.writes_refused = false;
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.registers[ia32_star::address], 12);
    EXPECT_EQ(bus.registers[ia32_lstar::address], 22);
}

TEST_F(user_return, what_was_given_away_is_read_back) {
    registers.give_away(star);
    EXPECT_EQ(registers.known(star), std::nullopt);
    bus.registers[ia32_star::address] = 77;
    EXPECT_TRUE(registers.take_back(bus, star));
    EXPECT_EQ(registers.known(star), 77);
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.registers[ia32_star::address], 10);
}

// Or it is not, and the return writes it in any case.
TEST_F(user_return, what_is_not_known_is_written_at_the_return) {
    registers.give_away(star);
    bus.registers[ia32_star::address] = 77;
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.registers[ia32_star::address], 10);
    EXPECT_EQ(registers.known(star), 10);
}

// A refused write says nothing of a register that somebody else had.
TEST_F(user_return, a_refused_write_of_what_is_not_known_is_tried_again) {
    registers.give_away(star);
    bus.registers[ia32_star::address] = 77;
    bus.writes_refused = true;
    EXPECT_FALSE(registers.return_to_user(bus));
    EXPECT_EQ(registers.known(star), std::nullopt);
    bus.writes_refused = false;
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(bus.registers[ia32_star::address], 10);
}

// Or nobody would look at the next return.
TEST_F(user_return, a_refused_write_at_the_return_arms_again) {
    registers.set_for_user(star, 11);
    EXPECT_EQ(armed, 1);
    bus.writes_refused = true;
    EXPECT_FALSE(registers.return_to_user(bus));
    EXPECT_EQ(armed, 2);
    bus.writes_refused = false;
    EXPECT_TRUE(registers.return_to_user(bus));
    EXPECT_EQ(armed, 2);
}

TEST_F(user_return, a_place_beyond_the_list_is_refused) {
    for (const std::size_t beyond : {std::size_t{3}, std::size_t{64}, std::size_t{1000}}) {
        EXPECT_EQ(registers.known(beyond), std::nullopt);
        EXPECT_FALSE(registers.set(bus, beyond, 1));
        registers.set_for_user(beyond, 1);
        registers.give_away(beyond);
        EXPECT_FALSE(registers.take_back(bus, beyond));
    }
    EXPECT_FALSE(registers.is_waiting());
}

}  // namespace
}  // namespace msr::context
