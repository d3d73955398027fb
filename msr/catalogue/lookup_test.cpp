// Names and addresses, over everything that the catalogue has.
#include "msr/catalogue/lookup.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/registers/ia32_efer.hpp"

namespace msr::catalogue {
namespace {

std::string in_lower_case(std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::tolower(letter); });
    return name;
}

bool leads_to(std::string_view name, const register_entry& entry, std::uint32_t member) {
    const auto targets = find_by_name(built_in(), name);
    return targets && std::ranges::any_of(
                          *targets, [&](const target& one) { return one.entry == &entry && one.member == member; });
}

std::string error_of(std::string_view name) {
    const auto targets = find_by_name(built_in(), name);
    return targets ? "found" : targets.error();
}

TEST(lookup, every_name_finds_its_register) {
    for (const auto& entry : built_in().registers) {
        std::vector<std::string> names{std::string{std::string_view{entry.name}}};
        for (const auto& alias : entry.aliases)
            names.emplace_back(std::string_view{alias});
        for (const auto& name : names) {
            EXPECT_TRUE(leads_to(name, entry, 0)) << name;
            EXPECT_TRUE(leads_to(in_lower_case(name), entry, 0)) << name;
        }
    }
}

TEST(lookup, every_member_is_found_by_its_name_and_by_its_number) {
    for (const auto& entry : built_in().registers) {
        if (entry.stride == 0) continue;
        for (const auto member : {0U, entry.members / 2, entry.members - 1}) {
            EXPECT_TRUE(leads_to(name_of(entry, member), entry, member)) << name_of(entry, member);
            EXPECT_TRUE(leads_to(in_lower_case(name_of(entry, member)), entry, member)) << name_of(entry, member);
            const auto number = std::to_string(entry.first + member);
            const auto by_number = std::string{std::string_view{entry.name}} + "[" + number + "]";
            EXPECT_TRUE(leads_to(by_number, entry, member)) << by_number;
        }
        EXPECT_FALSE(leads_to(name_of(entry, entry.members), entry, entry.members));
    }
}

TEST(lookup, every_field_is_found_in_its_register) {
    for (const auto& entry : built_in().registers) {
        for (const auto& field : entry.fields) {
            if (is_reserved(field)) continue;
            const auto name = name_of(entry, 0) + "." + std::string{std::string_view{field.name}};
            const auto targets = find_by_name(built_in(), in_lower_case(name));
            ASSERT_TRUE(targets) << name << ": " << targets.error();
            const auto is_it = [&](const target& one) { return one.entry == &entry && one.field->name == field.name; };
            EXPECT_TRUE(std::ranges::any_of(*targets, is_it)) << name;
        }
    }
}

TEST(lookup, an_address_gives_what_stands_there) {
    std::multimap<std::uint32_t, std::pair<const register_entry*, std::uint32_t>> all;
    for (const auto& entry : built_in().registers) {
        for (std::uint32_t member = 0; member < entry.members; ++member)
            all.emplace(entry.address + entry.stride * member, std::pair{&entry, member});
    }
    const auto compare = [&](std::uint32_t address) {
        const auto found = at_address(built_in(), address);
        EXPECT_EQ(found.size(), all.count(address)) << std::hex << address;
        for (const auto& one : found) {
            const auto [first, last] = all.equal_range(address);
            const auto is_it = [&](const auto& item) { return item.second == std::pair{one.entry, one.member}; };
            EXPECT_TRUE(std::any_of(first, last, is_it)) << std::hex << address;
            EXPECT_EQ(one.address(), address);
        }
    };
    for (const auto& [address, what] : all) {
        compare(address);
        compare(address + 1);
        compare(address - 1);
    }
    compare(0xFFFFFFFF);
}

TEST(lookup, hexadecimal_addresses_in_both_cases) {
    EXPECT_EQ(find_by_name(built_in(), fmt::format("0x{:X}", ia32_efer::address))->front().entry,
              find_by_name(built_in(), "IA32_EFER")->front().entry);
    EXPECT_EQ(find_by_name(built_in(), fmt::format("0X{:x}.sce", ia32_efer::address))->front().field,
              find_by_name(built_in(), "efer.SCE")->front().field);
    EXPECT_TRUE(find_by_name(built_in(), "0x7FF00000")->empty()) << "an address without a name is no mistake";
    EXPECT_NE(error_of("0x100000000").find("no address"), std::string::npos);
    EXPECT_NE(error_of("0x").find("no address"), std::string::npos);
    EXPECT_NE(error_of("0xZZ").find("no address"), std::string::npos);
}

TEST(lookup, a_decimal_number_is_refused_with_both_readings) {
    const auto error = error_of("266");
    EXPECT_NE(error.find("0x266"), std::string::npos) << error;
    EXPECT_NE(error.find("0x10a"), std::string::npos) << error;
    EXPECT_NE(error_of("99999999999").find("ambiguous"), std::string::npos);
    EXPECT_NE(error_of("266.FIELD").find("ambiguous"), std::string::npos);
}

TEST(lookup, unknown_names_come_with_the_nearest) {
    EXPECT_NE(error_of("IA32_EFFER").find("IA32_EFER"), std::string::npos);
    EXPECT_NE(error_of("ia32_pta").find("IA32_PAT"), std::string::npos);
    EXPECT_NE(error_of("IA32_EFER.SEC").find("SCE"), std::string::npos);
    const auto error = error_of("MSR_NOTHING_LIKE_IT");
    EXPECT_EQ(std::ranges::count(error.substr(error.find("nearest are")), ','), 2) << error;
    EXPECT_LT(error_of(std::string(1'000'000, 'A')).size(), 200U);
    EXPECT_NE(error_of("").find("no register"), std::string::npos);
}

TEST(lookup, a_member_is_found_by_a_number_behind_the_familys_name_or_alias) {
    for (const std::string_view name : {"IA32_L3_MASK_3", "IA32_L3_QOS_MASK_3", "IA32_L3_QOS_MASK3"}) {
        const auto targets = find_by_name(built_in(), name);
        ASSERT_TRUE(targets) << name;
        ASSERT_EQ(targets->size(), 1) << name;
        EXPECT_EQ(name_of(*targets->front().entry, targets->front().member), "IA32_L3_MASK_3");
    }
    EXPECT_TRUE(find_by_name(built_in(), "ia32_mtrr_physbase_9"));
    EXPECT_FALSE(find_by_name(built_in(), "IA32_MTRR_PHYSBASE_16"));
    EXPECT_FALSE(find_by_name(built_in(), "IA32_MTRR_PHYSBASE__1"));
    EXPECT_FALSE(find_by_name(built_in(), "IA32_EFER_0"));
}

TEST(lookup, members_that_are_not_there) {
    EXPECT_NE(error_of("IA32_MTRR_PHYSBASE[16]").find("no member 16"), std::string::npos);
    EXPECT_NE(error_of("IA32_MTRR_PHYSBASE16"), "found");
    EXPECT_NE(error_of("IA32_MTRR_PHYSBASE03"), "found") << "only one spelling";
    EXPECT_NE(error_of("IA32_MTRR_PHYSBASE[3"), "found");
    EXPECT_NE(error_of("IA32_MTRR_PHYSBASE[]"), "found");
    EXPECT_NE(error_of("IA32_MTRR_PHYSBASE[-1]"), "found");
    EXPECT_NE(error_of("IA32_EFER[1]"), "found");
    EXPECT_NE(error_of("0x1B[0]"), "found");
}

TEST(lookup, a_familys_name_stands_for_all_its_members) {
    const auto targets = find_by_name(built_in(), "IA32_MTRR_PHYSBASE");
    ASSERT_TRUE(targets);
    EXPECT_EQ(targets->size(), targets->front().entry->members);
    EXPECT_EQ(targets->at(3).address() - targets->at(0).address(), 6U);
}

TEST(search, best_first) {
    const auto matches = search(built_in(), "ibrs");
    ASSERT_FALSE(matches.empty());
    EXPECT_TRUE(matches.front().what.field->name == "IBRS");
    EXPECT_TRUE(std::ranges::is_sorted(matches, {}, &found::rank));
    EXPECT_EQ(search(built_in(), fmt::format("{:#x}", ia32_efer::address)).front().what.entry->address,
              ia32_efer::address);
    EXPECT_TRUE(search(built_in(), "no such word anywhere").empty());
}

}  // namespace
}  // namespace msr::catalogue
