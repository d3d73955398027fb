#include "msr/catalogue/load/loader.hpp"

#include <algorithm>

#include "msr/catalogue/load/checks.hpp"
#include "msr/catalogue/load/schema.hpp"

namespace msr::catalogue::load {

namespace {

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder, problems& found) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator at{folder, error}, end; !error && at != end;
         at.increment(error)) {
        if (at->is_regular_file(error) && at->path().extension() == ".yaml") files.push_back(at->path());
    }
    if (error) {
        found.push_back({folder.string(), 0, "cannot be read: " + error.message()});
    } else if (files.empty()) {
        found.push_back({folder.string(), 0, "holds no .yaml file"});
    }
    std::ranges::sort(files);
    return files;
}

void sort(problems& found) {
    std::ranges::stable_sort(found, [](const problem& left, const problem& right) {
        return std::tie(left.file, left.line) < std::tie(right.file, right.line);
    });
}

}  // namespace

loaded_catalogue::loaded_catalogue() : store_{std::make_unique<store>()} {}
loaded_catalogue::loaded_catalogue(loaded_catalogue&&) noexcept = default;
loaded_catalogue& loaded_catalogue::operator=(loaded_catalogue&&) noexcept = default;
loaded_catalogue::~loaded_catalogue() = default;

// Each step relies on the one before: what follows an error would only repeat it.
class loader {
  public:
    void add(std::optional<document> one) {
        if (one && check_schema(*one, found_)) documents_.push_back(std::move(*one));
    }

    [[nodiscard]] problems& found() { return found_; }

    std::expected<loaded_catalogue, problems> run(const catalogue::tables& base) {
        loaded_catalogue result;
        symbols known{base};
        auto& keep = *result.store_;
        if (found_.empty()) read_definitions(documents_, known, keep, found_);
        if (found_.empty()) read_layouts(documents_, known, keep, found_);
        if (found_.empty()) read_registers(documents_, known, keep, found_);
        if (found_.empty()) finish(known, keep, result.tables_, found_);
        if (found_.empty()) read_models(documents_, known, keep, result.tables_, found_);
        if (found_.empty()) {
            check_fields(known, result.tables_, found_);
            check_registers(known, result.tables_, found_);
        }
        if (found_.empty()) return result;
        sort(found_);
        return std::unexpected{std::move(found_)};
    }

  private:
    problems found_;
    std::vector<document> documents_;
};

std::expected<loaded_catalogue, problems> load(const std::filesystem::path& folder, const catalogue::tables& base) {
    loader loading;
    for (const auto& file : files_below(folder, loading.found()))
        loading.add(document::read(file, loading.found()));
    return loading.run(base);
}

std::expected<loaded_catalogue, problems> load_text(const std::string& name, const std::string& yaml,
                                                    const catalogue::tables& base) {
    loader loading;
    loading.add(document::parse(name, yaml, loading.found()));
    return loading.run(base);
}

}  // namespace msr::catalogue::load
