// The arrays of the generated tables: those with names, and those that others point into.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "compiler/initialiser.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::compiler {

class table_arrays {
  protected:
    // An empty C++ array is not allowed; a view of nothing is written as {}.
    template <class T, class Write>
    void define(std::string_view type, std::string_view name, view<T> elements, Write write) {
        std::string body;
        for (const auto& one : elements)
            body += "    " + write(one) + ",\n";
        if (elements.empty()) {
            out_ += fmt::format("constexpr view<{}> {};\n", type, name);
        } else {
            out_ += fmt::format("constexpr {} {}[]{{\n{}}};\n", type, name, body);
        }
    }

    // An array that others point into; equal ones are written once.
    std::string shared(std::string_view type, const std::string& body) {
        if (body.empty()) return {};
        const auto [place, fresh] = arrays_.try_emplace(std::string{type} + body, arrays_.size());
        const auto name = fmt::format("a{}", place->second);
        if (fresh) out_ += fmt::format("constexpr {} {}[]{{{}}};\n", type, name, body);
        return name;
    }

    template <class T, class Write>
    std::string list(std::string_view type, view<T> elements, Write write) {
        std::string body;
        for (const auto& one : elements)
            body += (body.empty() ? "" : ",") + write(one);
        return shared(type, body);
    }

    std::string texts(view<text> words) { return list("text", words, literal); }

    std::string numbers(view<std::uint32_t> all) {
        return list("std::uint32_t", all, [](std::uint32_t one) { return fmt::format("{:#x}", one); });
    }

    std::string code(catalogue::expression program) {
        return list("instruction", program, [](const catalogue::instruction& step) {
            return fmt::format("{{operation{{{}}},{},{},subject{{{}}},{:#x}U}}", static_cast<int>(step.code), step.msb,
                               step.lsb, static_cast<int>(step.whose), step.operand);
        });
    }

    // All that was written so far.
    [[nodiscard]] const std::string& written() const { return out_; }

  private:
    std::string out_;
    std::map<std::string, std::size_t, std::less<>> arrays_;
};

}  // namespace msr::compiler
