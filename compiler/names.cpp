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

// What namespace msr has in the library's own headers.
constexpr std::string_view library =
    " access all bits bus catalogue cause compiler context detail direction ensure every_field fault field field_array "
    "guest host "
    " instructions low_ones member_address model msr native_bus never number_in profile raw_read raw_write read "
    " recover registers result rules std svm text to_string update view virt vmx word write ";

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

std::string comment_text(std::string_view words) {
    std::string result{words};
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
