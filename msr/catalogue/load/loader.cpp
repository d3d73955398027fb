#include "msr/catalogue/load/loader.hpp"

#include <algorithm>

#include "msr/catalogue/load/checks.hpp"
#include "msr/catalogue/load/policies.hpp"
#include "msr/catalogue/load/profiles.hpp"
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

form form_of(const document& file) {
    if (is_profile(file)) return form::profile;
    if (is_policy(file)) return form::policy;
    return file.root().is_object() && file.root().contains("verdicts") ? form::verdicts : form::catalogue;
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
    explicit loader(std::filesystem::path folder = {}) : folder_{std::move(folder)} {}

    void add(std::optional<document> one) {
        if (!one) return;
        const auto of = form_of(*one);
        // Verdicts are about the catalogue and no part of it: their form is checked with the rest.
        if (!check_schema(*one, of, found_) || of == form::verdicts) return;
        auto& list = of == form::profile ? profiles_ : of == form::policy ? policies_ : documents_;
        list.push_back(std::move(*one));
    }

    [[nodiscard]] problems& found() { return found_; }

    std::expected<loaded_catalogue, problems> run(const catalogue::tables& base) {
        loaded_catalogue result;
        symbols known{base};
        known.folder = folder_;
        auto& keep = *result.store_;
        if (found_.empty()) read_definitions(documents_, known, keep, found_);
        if (found_.empty()) read_layouts(documents_, known, keep, found_);
        if (found_.empty()) read_registers(documents_, known, keep, found_);
        if (found_.empty()) replace_registers(known, keep, found_);
        if (found_.empty()) finish(known, keep, result.tables_, found_);
        if (found_.empty()) read_relations(documents_, base, keep, result.tables_, found_);
        if (found_.empty()) read_models(documents_, known, keep, result.tables_, found_);
        if (found_.empty()) {
            check_fields(known, result.tables_, found_);
            check_registers(known, result.tables_, found_);
        }
        if (found_.empty()) add_profiles(base, keep, result.tables_);
        if (found_.empty()) read_policies(policies_, base, keep, result.tables_, found_);
        if (found_.empty()) return result;
        sort(found_);
        return std::unexpected{std::move(found_)};
    }

  private:
    // Last, as they are written by the names of all the rest.
    void add_profiles(const catalogue::tables& base, store& keep, catalogue::tables& into) {
        std::vector<profile_entry> profiles(base.profiles.begin(), base.profiles.end());
        for (const auto& file : profiles_) {
            auto one = read_profile(file, into, found_);
            if (find_named(profiles, one.name) != profiles.end())
                found_.push_back(
                    {file.name(), file.line("/profile"),
                     "the profile `" + one.name + "` is defined twice" +
                         (find_named(base.profiles, one.name) != base.profiles.end() ? ": it is built in" : "")});
            std::vector<text> sources;
            for (auto& source : one.sources)
                sources.push_back(keep.keep(std::move(source)));
            profiles.push_back({.name = keep.keep(std::move(one.name)),
                                .title = keep.keep(std::move(one.title)),
                                .cpuid = keep.keep(std::move(one.cpuid)),
                                .registers = keep.keep(std::move(one.registers)),
                                .sources = keep.keep(std::move(sources))});
        }
        into.profiles = keep.keep(std::move(profiles));
    }

    std::filesystem::path folder_;
    problems found_;
    std::vector<document> documents_;
    std::vector<document> profiles_;
    std::vector<document> policies_;
};

std::expected<loaded_catalogue, problems> load(const std::filesystem::path& folder, const catalogue::tables& base) {
    loader loading{folder};
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
