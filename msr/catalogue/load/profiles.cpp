#include "msr/catalogue/load/profiles.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "msr/catalogue/load/cpuid_name.hpp"
#include "msr/catalogue/load/schema.hpp"
#include "msr/catalogue/lookup.hpp"

namespace msr::catalogue::load {

namespace {

// Words that mean something else where a profile is named.
constexpr std::string_view taken_names[]{"host", "list"};

class profile_reader {
  public:
    profile_reader(const document& file, const tables& facts, problems& found)
        : file_{file}, facts_{facts}, found_{found}, build_{facts} {}

    cpu_description run() {
        const auto& root = file_.root();
        cpu_description result;
        result.name = root["profile"].get<std::string>();
        if (std::ranges::find(taken_names, result.name) != std::end(taken_names))
            report("/profile", "a profile cannot be called `" + result.name + "`");
        result.title = root["title"].get<std::string>();
        each("source", [&](const std::string&, const json& words) { result.sources.push_back(words); });
        read_leaves();
        if (root.contains("vendor")) read_identity();
        each("quantities", [&](const std::string& name, const json& value) { return build_.quantity(name, value); });
        read_features();
        for (const auto& one : build_.unmet_prerequisites())
            report(places_.contains(one.feature) ? places_[one.feature] : "/features", one.message);
        result.cpuid = build_.leaves();
        read_registers(result.registers);
        return result;
    }

  private:
    void report(const std::string& place, std::string message) {
        found_.push_back({file_.name(), file_.line(place), std::move(message)});
    }

    void accept(const std::string& place, const cpu_builder::outcome& said) {
        if (!said) report(place, said.error());
    }

    // Calls read(key, value) for each member of a list or map; what it refuses is reported in the member's line.
    template <class Read>
    void each(const std::string& list, Read read) {
        const auto members = file_.root().find(list);
        if (members == file_.root().end()) return;
        std::size_t at = 0;
        for (const auto& [key, value] : members->items()) {
            const auto name = members->is_object() ? key : std::to_string(at++);
            if constexpr (std::is_void_v<decltype(read(name, value))>) {
                read(name, value);
            } else {
                accept("/" + list + "/" + name, read(name, value));
            }
        }
    }

    void read_leaves() {
        each("cpuid", [&](const std::string& name, const json& answer) {
            const auto place = parse_cpuid(name);
            return build_.leaf({place.leaf, place.subleaf, {answer[0], answer[1], answer[2], answer[3]}});
        });
    }

    void read_identity() {
        const auto& root = file_.root();
        accept("/vendor", build_.vendor(root["vendor"].get<std::string>()));
        accept("/family", build_.version({root["family"], root["model"], root["stepping"]}));
    }

    void read_features() {
        const auto& root = file_.root();
        if (root.contains("without")) {
            each("without", [&](const std::string& at, const json& word) {
                return leave_out(word.get<std::string>(), "/without/" + at);
            });
        }
        if (!root.contains("features")) return;
        if (root["features"].is_array()) {
            each("features", [&](const std::string& at, const json& word) {
                const auto name = word.get<std::string>();
                places_[name] = "/features/" + at;
                return build_.feature(name, true);
            });
            return;
        }
        for (const auto& one : facts_.features) {
            const std::string name{std::string_view{one.name}};
            if (has_bit_of_its_own(one.where) && !left_out_.contains(name))
                accept("/features", build_.feature(name, true));
        }
    }

    // A feature; or a leaf, or a register of one: all features in it.
    cpu_builder::outcome leave_out(const std::string& word, const std::string& place) {
        if (std::islower(static_cast<unsigned char>(word.front())) != 0) return leave_out_feature(word, place);
        const auto where = parse_cpuid(word);
        bool any = false;
        for (const auto& one : facts_.features) {
            const bool same_register = where.reg == cpuid_register::none || one.where.reg == where.reg;
            if (!has_bit_of_its_own(one.where) || one.where.leaf != where.leaf || one.where.subleaf != where.subleaf ||
                !same_register) {
                continue;
            }
            any = true;
            accept(place, leave_out_feature(std::string{std::string_view{one.name}}, place));
        }
        if (!any) return std::unexpected{"no feature stands in " + word};
        return {};
    }

    cpu_builder::outcome leave_out_feature(const std::string& name, const std::string& place) {
        places_[name] = place;
        left_out_.insert(name);
        return build_.feature(name, false);
    }

    void read_registers(std::vector<known_register>& into) {
        each("registers", [&](const std::string& name, const json& value) -> cpu_builder::outcome {
            const auto targets = find_by_name(facts_, name);
            if (!targets) return std::unexpected{targets.error()};
            std::set<std::uint32_t> addresses;
            for (const auto& one : *targets)
                addresses.insert(one.address());
            if (const auto address = parse_address(name); address) addresses.insert(*address);
            if (addresses.size() != 1 || (!targets->empty() && targets->front().field != nullptr)) {
                return std::unexpected{"`" + name + "` stands for more or less than one register: write its address"};
            }
            const auto same = [&](const known_register& one) { return one.address == *addresses.begin(); };
            if (std::ranges::any_of(into, same)) return std::unexpected{"`" + name + "` stands twice"};
            into.push_back({*addresses.begin(), value});
            return {};
        });
        std::ranges::sort(into, {}, &known_register::address);
    }

    const document& file_;
    const tables& facts_;
    problems& found_;
    cpu_builder build_;
    std::set<std::string> left_out_;
    std::map<std::string, std::string> places_;  // where each feature is named
};

}  // namespace

bool is_profile(const document& file) {
    return file.root().is_object() && file.root().contains("profile");
}

cpu_description read_profile(const document& file, const tables& facts, problems& found) {
    return profile_reader{file, facts, found}.run();
}

std::expected<cpu_description, problems> load_profile(const std::string& name, const std::string& yaml,
                                                      const tables& facts) {
    problems found;
    const auto file = document::parse(name, yaml, found);
    if (!file || !check_schema(*file, form::profile, found)) return std::unexpected{std::move(found)};
    auto result = read_profile(*file, facts, found);
    if (!found.empty()) return std::unexpected{std::move(found)};
    return result;
}

}  // namespace msr::catalogue::load
