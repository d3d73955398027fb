#include "compiler/names.hpp"

#include <algorithm>
#include <cctype>

namespace msr::compiler {

namespace {

// Words between spaces.
bool contains(std::string_view words, const std::string& word) {
    return words.find(" " + word + " ") != std::string_view::npos;
}

// Keywords, and macros of compilers and C libraries that are in lower case.
constexpr std::string_view keywords =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class "
    " co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype "
    " default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline "
    " int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public "
    " register reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch "
    " template this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile "
    " wchar_t while xor xor_eq assert errno i386 linux major minor signal stderr stdin stdout unix ";

// What a generated type has besides its fields, and the namespaces that its text refers to.
constexpr std::string_view member_names =
    " address at_reset cleared_by_one cleared_by_zero fields first from_raw get members msr name raw readable "
    " refuse_read refuse_write std stride with word writable ";

// What namespace msr has in the library's own headers, and the headers that are not a register's.
constexpr std::string_view library =
    " access all bits bus catalogue cause compiler context count_of cpuid detail direction ensure ensure_at enumerated "
    " every_field fault features field field_array field_place field_relation fsgsbase guest host instructions "
    " knows_features lkgs low_ones member_address model msr msr_imm msr_list_limit msrlist named_field native_bus "
    " native_bus_non_serialising never number number_in profile raw_read raw_write read readable_bus readable_register "
    " recover recovery_entry register_family register_type registers relation relations require_editable "
    " require_readable require_writable result rules single_register std svm text this_constant_does_not_fit "
    " time_stamp to_string update update_at view virt vmx word writable_register write wrmsrns ";

// Unicode's controls of the direction of text: U+202A to U+202E and U+2066 to U+2069.
constexpr std::string_view direction_marks[]{"\u202A", "\u202B", "\u202C", "\u202D", "\u202E",
                                             "\u2066", "\u2067", "\u2068", "\u2069"};

std::string lower(std::string_view name) {
    std::string result{name};
    std::ranges::transform(result, result.begin(), [](unsigned char letter) {
        return static_cast<char>(std::isalnum(letter) != 0 ? std::tolower(letter) : '_');
    });
    if (!result.empty() && std::isdigit(static_cast<unsigned char>(result.front())) != 0) result.insert(0, "_");
    return result;
}

}  // namespace

std::string member_name(std::string_view name) {
    auto result = lower(name);
    if (contains(keywords, result) || contains(member_names, result)) result += "_";
    return result;
}

std::string type_name(std::string_view name, std::string_view variant) {
    auto result = lower(name);
    if (!variant.empty()) result += "_" + lower(variant);
    if (contains(keywords, result) || contains(library, result)) result += "_";
    return result;
}

std::string entry_text(const catalogue::register_entry& entry) {
    const auto join = [](const char* before, const text& words, const char* after) {
        return words.empty() ? std::string{} : before + std::string{std::string_view{words}} + after;
    };
    return "register " + join("", entry.name, "") + join("@", entry.variant, "") + join(" (", entry.place, ")");
}

std::string entry_text(const catalogue::layout_entry& entry) {
    return "layout " + std::string{std::string_view{entry.name}};
}

std::string entry_text(const catalogue::enumeration_entry& entry) {
    return "enumeration " + std::string{std::string_view{entry.name}};
}

std::string comment_text(std::string_view words) {
    std::string result{words};
    // Compilers refuse comments whose direction such a mark turns.
    for (const auto mark : direction_marks) {
        for (auto at = result.find(mark); at != std::string::npos; at = result.find(mark))
            result.replace(at, mark.size(), " ");
    }
    // A backslash at the end of a line would take the next line into the comment.
    std::ranges::replace_if(
        result, [](char letter) { return letter == '\n' || letter == '\r' || letter == '\\'; }, ' ');
    while (result.ends_with(' '))
        result.pop_back();
    return result;
}

std::string literal_text(std::string_view words) {
    std::string result;
    for (const char letter : comment_text(words)) {
        if (letter == '"') result += '\\';
        result += letter;
    }
    return result;
}

}  // namespace msr::compiler
