// A catalogue file as JSON, with the line of every value: what the schema and the loader read.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "msr/catalogue/load/problem.hpp"

namespace msr::catalogue::load {

using json = nlohmann::ordered_json;

class document {
  public:
    /// Reads YAML; reports syntax errors and duplicate keys, which YAML libraries let pass.
    [[nodiscard]] static std::optional<document> read(const std::filesystem::path& file, problems& found);
    [[nodiscard]] static std::optional<document> parse(const std::string& name, const std::string& yaml,
                                                       problems& found);

    [[nodiscard]] const json& root() const { return root_; }
    [[nodiscard]] const std::string& name() const { return name_; }

    /// The line where the value at a JSON pointer stands, or the nearest value around it.
    [[nodiscard]] int line(std::string pointer) const;

  private:
    friend struct document_reader;
    std::string name_;
    json root_;
    std::map<std::string, int, std::less<>> lines_;
};

}  // namespace msr::catalogue::load
