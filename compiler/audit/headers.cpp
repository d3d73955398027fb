#include "compiler/audit/headers.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include "compiler/audit/defines.hpp"
#include "compiler/audit/normal_name.hpp"
#include "compiler/audit/read_text.hpp"

namespace msr::audit {

namespace {

// The first one is in every kernel; what the others hold has moved between files before.
constexpr header_form linux_headers[] = {
    {"arch/x86/include/asm/msr-index.h", "MSR_"},
    {"arch/x86/include/asm/hyperv-tlfs.h", "HV_X64_MSR_", 0x4000'0000},
    {"arch/x86/include/asm/mce.h", "MSR_AMD64_SMCA_", 0xC000'0000},
    {"arch/x86/include/asm/perf_event.h", "MSR_ARCH_PERFMON_"},
    {"arch/x86/include/uapi/asm/kvm_para.h", "MSR_KVM_"},
    {"include/linux/cs5535.h", "MSR_", 0x1000'0000},
};

// What a name ends with that stands for no address, though it begins like one.
constexpr std::string_view constants[] = {"_BIT", "_SHIFT", "_OFFSET", "_MASK", "_COUNT",
                                          "_MAX", "_STEP",  "_RSVD",   "_SCALE"};

bool ends_with_any(std::string_view name, const auto& endings) {
    return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

struct header_register {
    std::string name;
    std::uint32_t address = 0;
    std::vector<std::string> words;
    int paragraph = 0;
};

// The words of a name, without the number at its end: bits of EVENTSEL are those of EVENTSEL0.
std::vector<std::string> words_without_number(std::string_view name) {
    auto words = words_of(name);
    if (words.empty()) return words;
    auto& last = words.back();
    last.resize(last.find_last_not_of("0123456789") + 1);
    if (last.empty()) words.pop_back();
    return words;
}

class header_reader {
  public:
    header_reader(const header_form& form, const std::string& file, std::string_view text, problems& found)
        : form_{form}, file_{file}, found_{found}, defines_{read_defines(file, text, found)}, values_{defines_} {
        for (const auto& one : defines_)
            note_register(one);
    }

    void read(const std::string& source, std::vector<claim>& into) const {
        for (const auto& one : registers_)
            into.push_back({.source = source, .address = one.address, .name = one.name});
        const header_register* last = nullptr;
        std::set<std::tuple<std::uint32_t, int, int>> said;
        for (const auto& one : defines_) {
            if (const auto* own = register_called(one.name); own != nullptr) {
                last = own;
                continue;
            }
            const auto bits = bits_of(one);
            const auto* whose = bits ? owner(one, last) : nullptr;
            // A bit's number and its mask are one claim.
            if (whose == nullptr || !said.insert({whose->address, bits->msb, bits->lsb}).second) continue;
            into.push_back({.source = source,
                            .about = subject::field,
                            .address = whose->address,
                            .name = one.name,
                            .registers = {whose->name},
                            .bits = *bits});
        }
    }

  private:
    void note_register(const define& one) {
        if (!one.name.starts_with(form_.prefix) || ends_with_any(one.name, constants)) return;
        auto value = one.value;
        // Another name for a register that has been named.
        if (const auto* same = register_called(value); same != nullptr) {
            registers_.push_back({one.name, same->address, words_without_number(one.name), one.paragraph});
            return;
        }
        if (!value.starts_with("0x") && !value.starts_with("0X")) return;
        const auto address = c_number(value);
        if (!address || *address > 0xFFFF'FFFF) {
            found_.push_back({file_, one.line, fmt::format("`{}` is no address of an MSR: {}", one.name, value)});
        } else if (*address >= form_.lowest) {
            registers_.push_back(
                {one.name, static_cast<std::uint32_t>(*address), words_without_number(one.name), one.paragraph});
        }
    }

    [[nodiscard]] const header_register* register_called(std::string_view name) const {
        const auto at = std::ranges::find(registers_, name, &header_register::name);
        return at == registers_.end() ? nullptr : &*at;
    }

    // The bits of a #define that stands for bits: a bit's number, a mask in words that say so, or a name of a mask.
    [[nodiscard]] std::optional<bit_range> bits_of(const define& one) const {
        if (one.name.ends_with("_BIT") || one.name.find("_BIT_") != std::string::npos) {
            const auto number = c_number(one.value);
            if (number && *number < 64) return bit_range{static_cast<int>(*number), static_cast<int>(*number)};
        }
        const bool expression = one.value.find("<<") != std::string::npos ||
                                one.value.find("BIT") != std::string::npos ||
                                one.value.find("GENMASK") != std::string::npos;
        if (!expression && !one.name.ends_with("_MASK")) return std::nullopt;
        auto mask = values_.evaluate(one.value);
        if (!mask || *mask == 0) return std::nullopt;
        const auto lsb = std::countr_zero(*mask);
        const auto ones = *mask >> static_cast<unsigned>(lsb);
        if ((ones & (ones + 1)) != 0) return std::nullopt;  // not one run of bits
        const auto shift = unshifted_by(one.name);
        const auto up = lsb == 0 ? shift : 0;
        const auto msb = 63 - std::countl_zero(*mask) + up;
        if (msb > 63) return std::nullopt;
        return bit_range{msb, lsb + up};
    }

    // A mask from bit 0 up that has a shift beside it is meant to be applied after the shift.
    [[nodiscard]] int unshifted_by(std::string_view name) const {
        if (!name.ends_with("_MASK")) return 0;
        const auto shift = values_.value_of(std::string{name.substr(0, name.size() - 5)} + "_SHIFT");
        return shift && *shift < 64 ? static_cast<int>(*shift) : 0;
    }

    // Whose bits they are: the register whose name the define's begins with, in full or abbreviated, or else the one
    // that stands right before, with no empty line between. Null where that is not certain.
    [[nodiscard]] const header_register* owner(const define& bits, const header_register* last) const {
        const auto words = words_of(bits.name);
        const header_register* best = nullptr;
        for (const auto& one : registers_) {
            const bool longer = best == nullptr || one.words.size() > best->words.size();
            if (longer && one.words.size() < words.size() && std::ranges::equal(one.words, begin_of(words, one)))
                best = &one;
        }
        if (best != nullptr) return best;
        std::set<std::uint32_t> addresses;
        for (const auto& one : registers_) {
            if (one.words.size() < 2 || one.words.size() >= words.size()) continue;
            if (!std::ranges::equal(begin_of(words, one), one.words, abbreviates)) continue;
            best = &one;
            addresses.insert(one.address);
        }
        if (addresses.size() == 1) return best;
        return addresses.empty() && last != nullptr && last->paragraph == bits.paragraph ? last : nullptr;
    }

    static std::span<const std::string> begin_of(const std::vector<std::string>& words, const header_register& one) {
        return std::span{words}.first(one.words.size());
    }
    static bool abbreviates(const std::string& brief, const std::string& word) {
        return brief.size() >= 3 ? word.starts_with(brief) : word == brief;
    }

    const header_form& form_;
    const std::string& file_;
    problems& found_;
    std::vector<define> defines_;
    define_values values_;
    std::vector<header_register> registers_;
};

}  // namespace

void read_header(const header_form& form, const std::string& file, std::string_view text, const std::string& source,
                 std::vector<claim>& into, problems& found) {
    header_reader{form, file, text, found}.read(source, into);
}

std::vector<claim> read_linux_headers(const std::filesystem::path& folder, problems& found) {
    std::vector<claim> result;
    for (const auto& form : linux_headers) {
        const auto file = folder / form.file;
        if (&form != linux_headers && !std::filesystem::exists(file)) continue;
        if (const auto text = read_text(file, found))
            read_header(form, file.string(), *text, "linux-headers", result, found);
    }
    return result;
}

}  // namespace msr::audit
