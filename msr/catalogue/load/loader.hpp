// From a folder of catalogue files, with the profiles of CPUs and intercept policies, to tables: the built-in catalogue
// at build time, a user's overlay at run time.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>

#include "msr/catalogue/load/problem.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::catalogue::load {

class store;

/// Loaded tables, and what they point to.
class loaded_catalogue {
  public:
    loaded_catalogue();
    loaded_catalogue(const loaded_catalogue&) = delete;
    loaded_catalogue& operator=(const loaded_catalogue&) = delete;
    loaded_catalogue(loaded_catalogue&&) noexcept;
    loaded_catalogue& operator=(loaded_catalogue&&) noexcept;
    ~loaded_catalogue();

    [[nodiscard]] const catalogue::tables& tables() const { return tables_; }

  private:
    friend class loader;
    std::unique_ptr<store> store_;
    catalogue::tables tables_;
};

/// Loads every .yaml file below `folder` on top of `base`, which must outlive the result. All problems are reported,
/// in order of files and lines; with one or more there is no catalogue.
[[nodiscard]] std::expected<loaded_catalogue, problems> load(const std::filesystem::path& folder,
                                                             const catalogue::tables& base);

/// The same for one file's text; problems call it `name`.
[[nodiscard]] std::expected<loaded_catalogue, problems> load_text(const std::string& name, const std::string& yaml,
                                                                  const catalogue::tables& base);

}  // namespace msr::catalogue::load
