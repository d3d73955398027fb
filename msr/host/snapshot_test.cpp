#include "msr/host/snapshot.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "msr/host/crc32.hpp"
#include "msr/host/fake_system.hpp"
#include "msr/host/snapshot_format.hpp"
#include "msr/host/snapshot_machine.hpp"

namespace msr::host {
namespace {

using numbers = std::vector<std::uint32_t>;

snapshot small_snapshot() {
    snapshot recorded{
        .origin = {source::kvm, "a \"quoted\" place\n", "höst", "6.1.0", "2025-03-01T12:00:00Z", "msr 0.1"},
        .cpuid = {},
        .registers = readings{numbers{0, 2}, numbers{0x10, 0x1000, 0xC0001000}}};
    recorded.cpuid[0] = {{0, 0, {1, 2, 3, 4}}, {0xB, 0, {0, 0, 0, 7}}};
    recorded.cpuid[2] = {{0, 0, {1, 2, 3, 4}}, {0xB, 0, {0, 0, 0, 9}}};
    for (const std::size_t cpu : {0U, 1U}) {
        const auto row = recorded.registers.row(cpu);
        row[0] = 0x1234 + cpu;
        row[1] = ~std::uint64_t{0};
        row[2] = std::unexpected{fault{0xC0001000, recorded.registers.cpus()[cpu], direction::read, cause::refused}};
    }
    return recorded;
}

void expect_same(const snapshot& left, const snapshot& right) {
    EXPECT_EQ(left.cpuid, right.cpuid);
    EXPECT_EQ(left.origin.description, right.origin.description);
    EXPECT_EQ(left.origin.host, right.origin.host);
    EXPECT_EQ(left.origin.kind, right.origin.kind);
    EXPECT_EQ(left.origin.taken, right.origin.taken);
    EXPECT_TRUE(std::ranges::equal(left.registers.cpus(), right.registers.cpus()));
    EXPECT_TRUE(std::ranges::equal(left.registers.addresses(), right.registers.addresses()));
    for (std::size_t cpu = 0; cpu < left.registers.cpus().size(); ++cpu) {
        EXPECT_TRUE(std::ranges::equal(left.registers.row(cpu), right.registers.row(cpu)));
    }
}

std::string replaced(std::string text, std::string_view old_part, std::string_view new_part) {
    const auto at = text.find(old_part);
    EXPECT_NE(at, std::string::npos) << old_part;
    text.replace(at, old_part.size(), new_part);
    return text;
}

// The text with a checksum that is right: what a hostile writer would send.
std::string sealed(std::string text) {
    text.resize(text.size() - snapshot_format::last_line_size);
    return text + snapshot_format::end_of(text);
}

void expect_error(const std::string& text, std::initializer_list<const char*> words) {
    const auto read = read_snapshot(text, "FILE");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, error_kind::bad_input);
    for (const auto* const word : words) {
        EXPECT_NE(read.error().line().find(word), std::string::npos) << word << " is not in: " << read.error().line();
    }
}

TEST(snapshot, the_checksum_is_the_usual_crc32) {
    EXPECT_EQ(crc32("123456789"), 0xCBF43926U);  // the check value of the algorithm's catalogue entry
}

TEST(snapshot, reading_gives_what_was_written) {
    const auto recorded = small_snapshot();
    const auto text = write_snapshot(recorded);
    const auto read = read_snapshot(text, "FILE");
    ASSERT_TRUE(read) << read.error().line();
    expect_same(*read, recorded);
    EXPECT_EQ(write_snapshot(*read), text);
}

TEST(snapshot, one_register_is_one_line) {
    const auto text = write_snapshot(small_snapshot());
    EXPECT_NE(text.find("\n[\"00000010\", \"0x1234\", \"0x1235\"],\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\n[\"00001000\", \"0xffffffffffffffff\"],\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\n[\"c0001000\", \"refused\"]\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\n[2, \"0000000b\", "), std::string::npos) << text;
}

TEST(snapshot, cut_at_any_byte_it_is_an_error) {
    const auto text = write_snapshot(small_snapshot());
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto read = read_snapshot(std::string_view{text}.substr(0, size), "FILE");
        ASSERT_FALSE(read) << size;
        EXPECT_NE(read.error().why.find("line "), std::string::npos) << read.error().line();
    }
}

TEST(snapshot, with_any_bit_flipped_it_is_an_error) {
    const auto text = write_snapshot(small_snapshot());
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto damaged = text;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            ASSERT_FALSE(read_snapshot(damaged, "FILE")) << at << " bit " << bit;
        }
    }
    ASSERT_FALSE(read_snapshot(text + "\n", "FILE"));
    ASSERT_FALSE(read_snapshot(" " + text, "FILE"));
}

TEST(snapshot, a_number_without_bounds_is_an_error) {
    auto text = write_snapshot(small_snapshot());
    const auto at = text.find("\"0000000b\"");
    ASSERT_NE(at, std::string::npos);
    const auto read = read_snapshot(sealed(text.replace(at, 10, "97e6464")), "FILE");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().why.find("too large"), std::string::npos) << read.error().line();
}

// Every byte changed under a right checksum: the content's own checks must hold, and nothing may crash.
TEST(snapshot, a_hostile_byte_is_refused_or_makes_a_whole_snapshot) {
    const auto text = write_snapshot(small_snapshot());
    for (std::size_t at = 0; at < text.size() - snapshot_format::last_line_size; ++at) {
        for (const char byte : {'0', '9', '"', '[', ']', '{', ',', '-', '\0', '\xFF'}) {
            auto changed = text;
            changed[at] = byte;
            const auto read = read_snapshot(sealed(changed), "FILE");
            EXPECT_TRUE(!read || read->registers.addresses().size() == 3U) << at;
        }
    }
}

TEST(snapshot, errors_name_the_place) {
    const auto text = write_snapshot(small_snapshot());
    expect_error("", {"line 1", "empty"});
    expect_error("hello", {"line 1", "not an msrkit snapshot"});
    expect_error("{\"format\": \"other\"}", {"line 1", "not an msrkit snapshot"});
    expect_error(replaced(text, "\"version\": 1,", "\"version\": 2,"), {"version 2", "newer"});
    expect_error(replaced(text, "\"version\": 1,", "\"version\": x,"), {"line 1", "version"});
    expect_error(replaced(text, "0x1234", "0x1236"), {"checksum"});
    expect_error(replaced(text, "],\n\"registers\"", "],\n\"registers"), {"line 1", "not JSON"});
    expect_error(sealed(replaced(text, "\"cpus\"", "\"cpux\"")), {"cpus", "missing"});
    expect_error(text.substr(0, text.size() - 20), {"truncated"});
}

TEST(snapshot, hostile_content_is_refused_by_its_key) {
    const auto text = write_snapshot(small_snapshot());
    const auto expect_hostile = [&](const char* old_part, const char* new_part, const char* word) {
        expect_error(sealed(replaced(text, old_part, new_part)), {word});
    };
    expect_hostile("\"cpus\": \"0,2\"", "\"cpus\": \"0-9999\"", "cpus");
    expect_hostile("\"cpus\": \"0,2\"", "\"cpus\": 7", "cpus: it has the wrong type");
    expect_hostile("\"cpus\": \"0,2\"", "\"cpus\": \"0-2\"", "registers[0]");
    expect_hostile("\"source\": \"kvm\"", "\"source\": \"moon\"", "moon");
    expect_hostile("0x1234", "0x12345678123456781", "registers[0]");
    expect_hostile("0x1234", "0x", "registers[0]");
    expect_hostile("0x1234", "0x-1", "registers[0]");
    expect_hostile("\"refused\"", "\"bored\"", "registers[2]: \"bored\"");
    expect_hostile("\"00001000\"", "\"00000010\"", "registers[1]: the addresses do not ascend");
    expect_hostile("\"00001000\"", "\"1000010000\"", "registers[1]");
    expect_hostile("[2, \"0000000b\"", "[3, \"0000000b\"", "cpuid_of_cpu[1]");
    expect_hostile("[2, \"0000000b\"", "[-2, \"0000000b\"", "cpuid_of_cpu[1]");
    expect_hostile("[2, \"0000000b\"", "[2, \"00000000\"", "twice for CPU 2");
    expect_hostile("[\"00000010\", \"0x1234\", \"0x1235\"]", "[]", "registers[0]");
    expect_hostile("[\"00000010\", \"0x1234\", \"0x1235\"]", "7", "registers[0]");
    expect_hostile("[\"00000010\", \"0x1234\", \"0x1235\"]", "[[[[]]]]", "nested too deeply");
}

TEST(snapshot, a_hill_of_brackets_is_no_memory_bomb) {
    auto text = write_snapshot(small_snapshot());
    expect_error(sealed(replaced(text, "\"0x1234\"", std::string(1'000'000, '['))), {"nested too deeply"});
    expect_error(std::string(snapshot_limits::bytes + 1, ' '), {"larger"});
}

TEST(snapshot, a_file_is_replaced_as_a_whole) {
    const fake_system folder;
    const auto path = folder.root() / "machine.json";
    const auto recorded = small_snapshot();
    ASSERT_TRUE(save_snapshot(recorded, path));
    ASSERT_TRUE(save_snapshot(recorded, path));
    const auto read = load_snapshot(path);
    ASSERT_TRUE(read) << read.error().line();
    expect_same(*read, recorded);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.root()}, {}), 1) << "a temporary file was left";
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(snapshot, files_that_cannot_be_are_named) {
    const fake_system folder;
    EXPECT_NE(load_snapshot(folder.root() / "none").error().line().find("No such file"), std::string::npos);
    EXPECT_NE(load_snapshot(folder.root()).error().line().find("directory"), std::string::npos);
    EXPECT_NE(load_snapshot("/dev/zero").error().line().find("larger"), std::string::npos);
    EXPECT_FALSE(save_snapshot(small_snapshot(), folder.root() / "none/file"));
    EXPECT_NE(save_snapshot(small_snapshot(), "/dev/null").error().line().find("regular file"), std::string::npos);
    EXPECT_FALSE(save_snapshot(small_snapshot(), folder.root()));
    EXPECT_TRUE(std::filesystem::is_empty(folder.root()));
}

TEST(snapshot_machine, gives_what_was_recorded_and_nothing_else) {
    auto machine = snapshot_machine::from_text(write_snapshot(small_snapshot()), "FILE");
    ASSERT_TRUE(machine) << machine.error().line();
    EXPECT_EQ(machine->kind(), source::snapshot);
    EXPECT_EQ(machine->identity().kind, source::kvm);
    EXPECT_NE(machine->description().find("FILE"), std::string::npos);
    const auto table = machine->read(numbers{2, 1}, numbers{0xC0001000, 0x10, 0x11});
    EXPECT_EQ(table.at(0, 0).error(), (fault{0xC0001000, 2, direction::read, cause::refused}));
    EXPECT_EQ(table.at(0, 1).value(), 0x1235U);
    EXPECT_EQ(table.at(0, 2).error(), (fault{0x11, 2, direction::read, cause::not_recorded}));
    EXPECT_EQ(table.at(1, 1).error().cause, cause::not_recorded);
    EXPECT_EQ(machine->write(0, 0x10, 1).error().cause, cause::not_permitted);
    EXPECT_EQ(profile::find(machine->cpuid(2), 0xB, 0).edx, 9U);
    EXPECT_TRUE(machine->cpuid(1).empty());
    EXPECT_NE(machine->explain(table.at(0, 2).error()).line().find("does not hold it"), std::string::npos);
}

TEST(snapshot_machine, taking_a_snapshot_of_it_sorts_and_keeps_the_time) {
    auto machine = snapshot_machine::from_text(write_snapshot(small_snapshot()), "FILE").value();
    const auto again = take_snapshot(machine, numbers{2, 0, 0}, numbers{0xC0001000, 0x10, 0x1000, 0x10}, "msr 0.2");
    expect_same(again, small_snapshot());
    EXPECT_EQ(again.origin.tool, "msr 0.2");
}

}  // namespace
}  // namespace msr::host
