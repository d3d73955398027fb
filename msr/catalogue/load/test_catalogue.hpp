// For tests: a catalogue of a few lines, loaded from a folder of its own, and what the loader says of it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "msr/catalogue/load/loader.hpp"

namespace msr::catalogue::load {

/// Names that the tests' registers refer to.
inline constexpr std::string_view test_facts = R"(
vendors: [{name: intel, signatures: [GenuineIntel]}, {name: amd, signatures: [AuthenticAMD, HygonGenuine]}]
quantities:
  - {name: MAXPHYADDR, title: Physical-address width, cpuid: "80000008H:EAX[7..0]", minimum: 36, maximum: 52, fallback: 36}
  - {name: COUNTERS, title: Number of counters, cpuid: "0AH:EAX[15..8]", minimum: 0, maximum: 8, fallback: 0}
processors:
  - {name: alpha, title: Alpha, vendor: intel, family: 6, models: [0x10]}
  - {name: beta, title: Beta, vendor: intel, family: 6, models: ["0x20..0x2F"]}
  - {name: old_beta, title: First Betas, vendor: intel, family: 6, models: [0x20], steppings: 0..3}
  - {name: new_beta, title: Later Betas, vendor: intel, family: 6, models: [0x20], steppings: 4..15}
  - {name: gamma, title: Gamma, vendor: amd, family: 0x17, models: all}
groups:
  - {name: greek, title: Alpha and Beta, members: [alpha, beta]}
features:
  - {name: fast, title: Fast, cpuid: "01H:ECX[0]"}
  - {name: wide, title: Wide, cpuid: "01H:ECX[1]"}
  - {name: fast_and_wide, title: Both, condition: fast and wide}
enumerations:
  - {name: colour, title: Colour, values: {0: RED, 1: {name: BLUE, title: the second}}}
rules:
  - {name: known_rule, title: Something that fields cannot say}
)";

/// A register R that every CPU has, of these fields, a line each, and with one more line if it is given.
inline std::string register_of(std::initializer_list<std::string_view> fields, std::string_view more = "") {
    std::string yaml = "\nregisters:\n  - name: R\n    address: 0x10\n    exists: always\n";
    if (!more.empty()) yaml.append("    ").append(more).append("\n");
    yaml.append("    fields:\n");
    for (const auto field : fields)
        yaml.append("      ").append(field).append("\n");
    return yaml;
}

/// The same with a mark on the line of its name: there is reported what concerns the register as a whole.
inline std::string marked(std::string register_text) {
    return register_text.insert(register_text.find("name: R\n") + 7, "  # here");
}

/// A folder that goes away with it.
class test_folder {
  public:
    test_folder() {
        auto name = (std::filesystem::temp_directory_path() / "msrkit-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    test_folder(const test_folder&) = delete;
    test_folder& operator=(const test_folder&) = delete;
    ~test_folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void write(const std::string& file, std::string_view content) const {
        std::ofstream{path_ / file, std::ios::binary} << content;
    }

  private:
    std::filesystem::path path_;
};

/// Loads the text as a file beside the test facts, or alone on top of `base`.
[[nodiscard]] inline std::expected<loaded_catalogue, problems> load_text(std::string_view yaml) {
    const test_folder folder;
    folder.write("facts.yaml", test_facts);
    folder.write("registers.yaml", yaml);
    return load(folder.path(), {});
}

[[nodiscard]] inline std::expected<loaded_catalogue, problems> load_overlay(std::string_view yaml, const tables& base) {
    const test_folder folder;
    folder.write("overlay.yaml", yaml);
    return load(folder.path(), base);
}

inline std::string in_words(const problems& found) {
    std::string result;
    for (const auto& one : found)
        result += "\n  " + one.file + ":" + std::to_string(one.line) + ": " + one.message;
    return result;
}

/// The lines that a test marks with "# here".
inline std::multiset<int> marked_lines(std::string_view yaml) {
    std::multiset<int> lines;
    int line = 1;
    for (std::size_t at = 0; at < yaml.size(); ++at) {
        if (yaml.substr(at).starts_with("# here")) lines.insert(line);
        if (yaml[at] == '\n') ++line;
    }
    return lines;
}

/// Success if there is a problem on each marked line and nowhere else, and each says `why`.
[[nodiscard]] inline testing::AssertionResult refused(const std::expected<loaded_catalogue, problems>& loaded,
                                                      std::string_view yaml, std::string_view why) {
    if (loaded) return testing::AssertionFailure() << "it was accepted";
    std::multiset<int> lines;
    bool said = true;
    for (const auto& one : loaded.error()) {
        lines.insert(one.line);
        said = said && one.message.find(why) != std::string::npos && !one.file.ends_with("facts.yaml");
    }
    if (said && lines == marked_lines(yaml)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "instead of \"" << why
                                       << "\" on the marked lines:" << in_words(loaded.error());
}

[[nodiscard]] inline testing::AssertionResult refuses(std::string_view yaml, std::string_view why) {
    return refused(load_text(yaml), yaml, why);
}

[[nodiscard]] inline testing::AssertionResult accepts(std::string_view yaml) {
    const auto loaded = load_text(yaml);
    if (loaded) return testing::AssertionSuccess();
    return testing::AssertionFailure() << in_words(loaded.error());
}

/// The entry of a name, which the test has written.
[[nodiscard]] inline const register_entry& entry_of(const tables& facts, std::string_view name) {
    for (const auto& entry : facts.registers) {
        if (entry.name == name) return entry;
    }
    throw std::out_of_range{std::string{name}};
}

[[nodiscard]] inline const field_entry& field_of(const tables& facts, std::string_view entry, std::string_view name) {
    for (const auto& field : entry_of(facts, entry).fields) {
        if (field.name == name) return field;
    }
    throw std::out_of_range{std::string{name}};
}

}  // namespace msr::catalogue::load
