// Conditions and formulas: whatever compiles runs within the evaluator's stack and ends.
#include <cstdint>
#include <string_view>

#include "msr/catalogue/evaluate.hpp"
#include "msr/catalogue/load/expression_parser.hpp"

namespace {

using msr::catalogue::operation;
using msr::catalogue::load::program;

struct any_cpu {
    static bool feature(std::uint32_t index) { return index % 2 == 0; }
    static bool vendor(std::uint32_t) { return true; }
    static bool processors(std::uint32_t) { return false; }
    static std::uint32_t quantity(std::uint32_t index) { return index; }
    static std::uint32_t family() { return 6; }
    static std::uint32_t model() { return 0x3C; }
    static std::uint32_t stepping() { return 3; }
    static std::uint64_t self_bits(int msb, int lsb) {
        return static_cast<std::uint64_t>(msb) << 56U | static_cast<unsigned>(lsb);
    }
    static std::optional<std::uint64_t> register_bits(std::uint32_t address, int, int) {
        if (address % 2 == 1) return std::nullopt;
        return ~std::uint64_t{0};
    }
};

// Long names fail, short ones are of all kinds.
std::expected<program, std::string> meaning(std::string_view name, int msb, int lsb) {
    if (name.size() > 12) return std::unexpected{"too long a name"};
    const auto kind = static_cast<operation>(1 + name.size() % 9);
    return program{{.code = kind,
                    .msb = static_cast<std::uint8_t>(msb),
                    .lsb = static_cast<std::uint8_t>(lsb),
                    .operand = static_cast<std::uint64_t>(name.front())}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view source{reinterpret_cast<const char*>(data), size};
    const auto code = msr::catalogue::load::compile(source, meaning);
    if (!code) {
        if (code.error().empty()) __builtin_trap();
        return 0;
    }
    static_cast<void>(msr::catalogue::evaluate<std::int64_t>(*code, any_cpu{}));
    static_cast<void>(msr::catalogue::evaluate<double>(*code, any_cpu{}));
    return 0;
}
