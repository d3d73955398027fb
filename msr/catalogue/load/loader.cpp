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

std::expected<loaded_catalogue, problems> load(const std::filesystem::path& folder, const catalogue::tables& base) {
    problems found;
    std::vector<document> documents;
    for (const auto& file : files_below(folder, found)) {
        auto one = document::read(file, found);
        if (one && check_schema(*one, found)) documents.push_back(std::move(*one));
    }
    loaded_catalogue result;
    symbols known{base};
    // Each step relies on the one before: what follows an error would only repeat it.
    const auto step = [&](auto&& run) {
        if (found.empty()) run();
    };
    step([&] { read_definitions(documents, known, *result.store_, found); });
    step([&] { read_layouts(documents, known, *result.store_, found); });
    step([&] { read_registers(documents, known, *result.store_, found); });
    step([&] { finish(known, *result.store_, result.tables_, found); });
    step([&] {
        check_fields(known, result.tables_, found);
        check_registers(known, result.tables_, found);
    });
    if (found.empty()) return result;
    sort(found);
    return std::unexpected{std::move(found)};
}

}  // namespace msr::catalogue::load
