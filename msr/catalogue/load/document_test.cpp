// The form of a file: what YAML and the schema refuse, and that every refusal names its line.
#include "msr/catalogue/load/document.hpp"

#include "msr/catalogue/load/test_catalogue.hpp"

namespace msr::catalogue::load {
namespace {

TEST(document, every_value_knows_its_line) {
    problems found;
    const auto file = document::parse("x.yaml", "a: 1\nb:\n  - {c: 2}\n  - d:\n      e: 3\n", found);
    ASSERT_TRUE(file) << in_words(found);
    EXPECT_EQ(file->line("/a"), 1);
    EXPECT_EQ(file->line("/b/0/c"), 3);
    EXPECT_EQ(file->line("/b/1/d/e"), 5);
    EXPECT_EQ(file->line("/b/1/d/e/nothing/there"), 5);
}

TEST(document, scalars_have_the_type_that_they_look_like) {
    problems found;
    const auto file = document::parse("x.yaml", "[12, 0x1F, \"12\", true, 0x, 1.5, 18446744073709551615]", found);
    ASSERT_TRUE(file) << in_words(found);
    EXPECT_EQ(file->root(), (json{12U, 31U, "12", true, "0x", "1.5", 18446744073709551615U}));
}

TEST(document, unknown_key) {
    EXPECT_TRUE(refuses(register_of({"63..0: VALUE"}, "colour: green  # here"), "colour"));
}

TEST(document, unknown_key_of_a_field) {
    EXPECT_TRUE(refuses(register_of({"63..1: mbz", "0: {name: A, titel: Mistyped}  # here"}), "titel"));
}

TEST(document, missing_key) {
    EXPECT_TRUE(refuses(R"(
registers:
  - name: R  # here
    address: 0x10
    fields: {63..0: VALUE}
)",
                        "exists"));
}

TEST(document, duplicate_key) {
    EXPECT_TRUE(refuses(register_of({"63..0: VALUE"}, "address: 0x11  # here"), "`address` stands twice"));
}

TEST(document, duplicate_key_in_fields) {
    EXPECT_TRUE(refuses(register_of({"63..1: mbz", "0: A", "0: B  # here"}), "`0` stands twice"));
}

TEST(document, words_outside_the_vocabulary) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: always, scope: galaxy, fields: {63..0: VALUE}}  # here
)",
                        "enum values"));
}

TEST(document, not_yaml) {
    EXPECT_TRUE(refuses("registers:\n  - {name: R\n  address 0x10]  # here\n", "not YAML"));
}

TEST(document, empty_values) {
    EXPECT_TRUE(refuses("registers:\n  - name:  # here\n    address: 0x10\n", "a value is missing"));
}

TEST(document, nothing_after_the_first_document_is_lost_silently) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: always, fields: {63..0: VALUE}}
---  # here
registers:
  - {name: S, address: 0x11, exists: always, fields: {63..0: VALUE}}
)",
                        "one document"));
}

TEST(document, numbers_too_large_for_their_place) {
    const auto with = [](std::string_view place) {
        return "\nregisters:\n  - {name: R, exists: always, " + std::string{place} + ", fields: {63..0: V}}  # here\n";
    };
    for (const auto* place : {"address: 0x100000000", "address: 16, reset: 0x10000000000000000",
                              "family: {base: 16, stride: 0x100000001, at_most: 2}",
                              "family: {base: 16, stride: 1, at_most: 2, first: 0x100000000}",
                              "family: {base: 16, stride: 1, at_most: 65537}"}) {
        EXPECT_TRUE(refuses(with(place), "at /registers/0")) << place;
    }
}

TEST(document, a_families_last_address_has_32_bits) {
    EXPECT_TRUE(refuses(R"(
registers:
  - name: R  # here
    family: {base: 0xFFFFFFF0, stride: 4, at_most: 5}
    exists: always
    fields: {63..0: VALUE}
)",
                        "beyond 32 bits"));
}

TEST(document, problems_of_several_files_are_all_reported) {
    const test_folder folder;
    folder.write("a.yaml", "registers: [{name: R}]\n");
    folder.write("b.yaml", "regsters: []\n");
    const auto loaded = load(folder.path(), {});
    ASSERT_FALSE(loaded);
    std::set<std::string> files;
    for (const auto& one : loaded.error())
        files.insert(std::filesystem::path{one.file}.filename());
    EXPECT_EQ(files, (std::set<std::string>{"a.yaml", "b.yaml"}));
}

TEST(document, a_folder_without_files_is_a_mistake) {
    const test_folder folder;
    folder.write("notes.txt", "nothing");
    EXPECT_FALSE(load(folder.path(), {}));
    EXPECT_FALSE(load(folder.path() / "missing", {}));
}

// ---- hostile files: an answer soon, and no crash

TEST(hostile_document, deep_nesting) {
    EXPECT_FALSE(load_text(std::string(100'000, '[')));
    EXPECT_FALSE(load_text("a: " + std::string(300, '[') + std::string(300, ']')));
}

TEST(hostile_document, aliases_that_multiply) {
    std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 12; ++level) {
        const auto last = "*a" + std::to_string(level - 1);
        yaml += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + last;
        for (int copy = 1; copy < 10; ++copy)
            yaml += ", " + last;
        yaml += "]\n";
    }
    const auto loaded = load_text(yaml);
    ASSERT_FALSE(loaded);
    EXPECT_LE(loaded.error().size(), 100U);
}

TEST(hostile_document, an_alias_of_itself) {
    const auto loaded = load_text("a: &a [*a, *a, *a, *a]\n");
    ASSERT_FALSE(loaded);
    EXPECT_LE(loaded.error().size(), 100U);
}

TEST(hostile_document, endless_words) {
    EXPECT_FALSE(load_text("registers: [{name: " + std::string(2'000'000, 'A') + "}]\n"));
}

TEST(hostile_document, not_text_at_all) {
    EXPECT_FALSE(load_text(std::string("\0\x01\xff\xfe: \x80", 8)));
    EXPECT_TRUE(refuses("topic: Ours\n# here \xFF\xFE\n", "not UTF-8"));
    EXPECT_TRUE(refuses("topic: Ours\n# here \xE2\x82\n", "not UTF-8"));
    EXPECT_FALSE(load_text(""));
    EXPECT_TRUE(accepts("topic: Größe in \xE2\x82\xAC\n"));
}

}  // namespace
}  // namespace msr::catalogue::load
