// Views of constant tables and text. The standard's <span> and <string_view> need floating point, which a kernel built
// with -mgeneral-regs-only has not; these convert to them where they exist. Freestanding.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace msr {

/// Elements that somebody else owns, for reading.
template <class T>
class view {
  public:
    constexpr view() = default;
    constexpr view(const T* first, std::size_t count) : first_{first}, count_{count} {}
    template <std::size_t N>
    constexpr view(const T (&elements)[N]) : first_{elements}, count_{N} {}
    template <class Container>
        requires requires(const Container& from) {
            { from.data() } -> std::convertible_to<const T*>;
            { from.size() } -> std::convertible_to<std::size_t>;
        }
    constexpr view(const Container& from) : first_{from.data()}, count_{from.size()} {}

    [[nodiscard]] constexpr const T* begin() const { return first_; }
    [[nodiscard]] constexpr const T* end() const { return first_ + count_; }
    [[nodiscard]] constexpr const T* data() const { return first_; }
    [[nodiscard]] constexpr std::size_t size() const { return count_; }
    [[nodiscard]] constexpr bool empty() const { return count_ == 0; }
    [[nodiscard]] constexpr const T& operator[](std::size_t at) const { return first_[at]; }

  private:
    const T* first_ = nullptr;
    std::size_t count_ = 0;
};

/// As std::size, whose header is not freestanding.
template <class T, std::size_t N>
[[nodiscard]] constexpr std::size_t count_of(const T (& /*elements*/)[N]) {
    return N;
}

/// UTF-8 text that somebody else owns.
class text {
  public:
    constexpr text() = default;
    constexpr text(const char* first, std::size_t count) : first_{first}, count_{static_cast<std::uint32_t>(count)} {}
    template <std::size_t N>
    constexpr text(const char (&literal)[N]) : text{literal, N - 1} {}

    [[nodiscard]] constexpr const char* begin() const { return first_; }
    [[nodiscard]] constexpr const char* end() const { return first_ + count_; }
    [[nodiscard]] constexpr const char* data() const { return first_; }
    [[nodiscard]] constexpr std::size_t size() const { return count_; }
    [[nodiscard]] constexpr bool empty() const { return count_ == 0; }

    /// To std::string_view, wherever that is.
    template <class StringView>
        requires(std::is_trivially_copyable_v<StringView> && requires { typename StringView::traits_type; })
    constexpr operator StringView() const {
        return StringView{first_, count_};
    }

    /// Equal to other text: a text, a literal, a string, a string_view.
    template <class Text>
        requires requires(const Text& other) {
            { other.data() } -> std::same_as<const char*>;
            { other.size() } -> std::convertible_to<std::size_t>;
        }
    friend constexpr bool operator==(const text& left, const Text& right) {
        if (left.size() != right.size()) return false;
        for (std::size_t at = 0; at < left.size(); ++at) {
            if (left.first_[at] != right.data()[at]) return false;
        }
        return true;
    }
    template <std::size_t N>
    friend constexpr bool operator==(const text& left, const char (&right)[N]) {
        return left == text{right};
    }

  private:
    const char* first_ = "";
    std::uint32_t count_ = 0;
};

}  // namespace msr
