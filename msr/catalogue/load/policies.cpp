#include "msr/catalogue/load/policies.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include <fmt/format.h>

#include "msr/catalogue/load/symbols.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/catalogue/terms.hpp"

namespace msr::catalogue::load {

namespace {

// Of all rows together: more than any map has bits for, and each costs memory and time.
constexpr std::uint64_t most_addresses = 0x10000;

// Whether a formula is of a number: names that are true or false, and comparisons of them, count nothing.
bool is_number(const program& code) {
    const auto last = code.empty() ? operation::logical_not : code.back().code;
    using enum operation;
    return last == number || last == quantity || last == family || last == model || last == stepping ||
           last == register_bits || last >= add;
}

class policy_names {
  public:
    explicit policy_names(const tables& facts) : facts_{facts} {}

    std::expected<program, std::string> operator()(std::string_view name, int msb, int /*lsb*/) const {
        if (msb >= 0) return std::unexpected{"bits are named, as host.REGISTER.FIELD"};
        const auto dot = name.find('.');
        const auto kind = name.substr(0, dot);
        const auto rest = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
        if (kind == "setting") return input(facts_.settings, operation::setting, "setting", rest);
        if (kind == "state") return input(facts_.states, operation::state, "state", rest);
        if (kind != "host" && kind != "guest")
            return std::unexpected{fmt::format("`{}` begins with none of host., guest., setting. and state.", name)};
        auto code = rest.find('.') == std::string_view::npos ? fact(rest) : register_field(rest);
        if (!code) return code;
        for (auto& step : *code)
            step.whose = kind == "host" ? subject::host : subject::guest;
        return code;
    }

  private:
    static program one(operation code, std::size_t index = 0) { return {{.code = code, .operand = index}}; }

    static std::expected<program, std::string> input(view<policy_input> inputs, operation code, std::string_view kind,
                                                     std::string_view name) {
        const auto place = find_named(inputs, name);
        if (place == inputs.end()) return std::unexpected{fmt::format("no {} is called `{}`", kind, name)};
        return one(code, static_cast<std::size_t>(place - inputs.begin()));
    }

    [[nodiscard]] std::expected<program, std::string> fact(std::string_view name) const {
        if (name == "family") return one(operation::family);
        if (name == "model") return one(operation::model);
        if (name == "stepping") return one(operation::stepping);
        if (const auto at = find_named(facts_.processors, name); at != facts_.processors.end())
            return one(operation::processors, static_cast<std::size_t>(at - facts_.processors.begin()));
        if (const auto at = find_vendor(facts_, name)) return one(operation::vendor, *at);
        if (const auto at = find_quantity(facts_, name)) return one(operation::quantity, *at);
        const auto at = find_feature(facts_, name);
        if (!at) return std::unexpected{at.error()};
        return one(operation::feature, *at);
    }

    [[nodiscard]] std::expected<program, std::string> register_field(std::string_view name) const {
        const auto targets = find_by_name(facts_, name);
        if (!targets) return std::unexpected{targets.error()};
        program result;
        for (const auto& target : *targets) {
            const auto& field = *target.field;
            if (field.msb.quantity != none || field.lsb.quantity != none)
                return std::unexpected{fmt::format("`{}` stands at bits that follow a quantity", name)};
            const instruction bits{.code = operation::register_bits,
                                   .msb = static_cast<std::uint8_t>(field.msb.offset),
                                   .lsb = static_cast<std::uint8_t>(field.lsb.offset),
                                   .operand = target.address()};
            const auto same = [&](const instruction& other) {
                return bits.msb == other.msb && bits.lsb == other.lsb && bits.operand == other.operand;
            };
            if (!result.empty() && !same(result.front()))
                return std::unexpected{fmt::format("`{}` stands for different bits: name one register", name)};
            result = {bits};
        }
        return result;
    }

    const tables& facts_;
};

class policy_reader {
  public:
    policy_reader(const document& file, const tables& facts, store& keep, problems& found)
        : file_{file}, facts_{facts}, keep_{keep}, found_{found} {}

    policy_entry read(const policy_entry* base) {
        const auto& root = file_.root();
        policy_entry result{
            .name = words(root, "policy"), .title = words(root, "title"), .extends = words(root, "extends")};
        const auto on = root.value("vendor", "");
        if (base != nullptr) result.on = base->on;
        if (!on.empty()) result.on = on == "vmx" ? extension::vmx : extension::svm;
        std::vector<policy_row> rows;
        if (base != nullptr) {
            if (base->on != extension::any && base->on != result.on)
                report("/vendor", "`" + str(base->name) + "`, which it extends, is for the other vendor");
            rows = taken_over(*base);
            for (const auto& one : rows)
                count(one);
        }
        const auto own = root.value("rows", json::array());
        for (std::size_t at = 0; at < own.size(); ++at) {
            const auto place = "/rows/" + std::to_string(at);
            const auto one = row(own[at], place, result.name);
            count(one);
            if (addresses_ > most_addresses) {
                report(place + "/registers",
                       fmt::format("the policy names more than {} addresses up to here", most_addresses));
                break;
            }
            add(one, place, rows);
        }
        result.rows = keep_.keep(std::move(rows));
        std::vector<text> sources;
        for (const auto& one : root.value("source", json::array()))
            sources.push_back(keep_.keep(one.get<std::string>()));
        result.sources = keep_.keep(std::move(sources));
        return result;
    }

  private:
    static std::string str(text words) { return std::string{std::string_view{words}}; }
    text words(const json& from, const char* key) { return keep_.keep(from.value(key, "")); }
    void report(const std::string& place, std::string message) {
        found_.push_back({file_.name(), file_.line(place), std::move(message)});
    }

    void count(const policy_row& one) {
        for (const auto& these : one.registers)
            addresses_ += these.count;
    }

    std::vector<policy_registers> registers(const json& name, const std::string& place) {
        const auto these = parse_registers(name.get<std::string>(), facts_, keep_);
        if (these) return *these;
        report(place, these.error());
        return {};
    }
    std::vector<policy_registers> all_registers(const json& names, const std::string& place) {
        std::vector<policy_registers> result;
        for (std::size_t at = 0; at < names.size(); ++at) {
            const auto these = registers(names[at], place + "/" + std::to_string(at));
            result.insert(result.end(), these.begin(), these.end());
        }
        return result;
    }

    std::vector<policy_row> taken_over(const policy_entry& base) {
        const auto& except = file_.root().value("except", json::array());
        std::vector<policy_row> result(base.rows.begin(), base.rows.end());
        for (std::size_t at = 0; at < except.size(); ++at) {
            const auto place = "/except/" + std::to_string(at);
            const auto dropped = registers(except[at], place);
            const auto is_dropped = [&](const policy_registers& one) {
                return std::ranges::any_of(dropped, [&](const auto& other) { return overlap(one, other); });
            };
            bool any = dropped.empty();
            for (auto& row : result) {
                std::vector<policy_registers> left;
                std::ranges::remove_copy_if(row.registers, std::back_inserter(left), is_dropped);
                if (left.size() == row.registers.size()) continue;
                any = true;
                row.registers = keep_.keep(std::move(left));
            }
            if (!any) report(place, "`" + str(base.name) + "` has no row of it");
        }
        std::erase_if(result, [](const policy_row& row) { return row.registers.empty(); });
        return result;
    }

    policy_row row(const json& value, const std::string& place, text policy) {
        policy_row result{.registers = keep_.keep(all_registers(value["registers"], place + "/registers")),
                          .passes = value.contains("pass"),
                          .filtered = !value.contains("filter"),
                          .when = condition(value, value.contains("pass") ? "pass" : "when", place),
                          .members = condition(value, "members", place),
                          .safe = words(value, "safe"),
                          .worth = words(value, "worth"),
                          .reason = words(value, "intercept"),
                          .policy = policy,
                          .line = static_cast<std::uint32_t>(file_.line(place))};
        const auto access = value["access"].get<std::string>();
        result.reads = access != "w";
        result.writes = access != "r";
        const auto family = [](const policy_registers& one) { return one.count > 1; };
        if (value.contains("members") && std::ranges::none_of(result.registers, family))
            report(place + "/members", "none of the registers is a family");
        return result;
    }

    expression condition(const json& row, const char* key, const std::string& place) {
        if (!row.contains(key)) return {};
        auto code = compile(row[key].get<std::string>(), policy_names{facts_});
        if (!code) {
            report(place + "/" + key, code.error());
            return {};
        }
        if (std::string_view{key} == "members" && !is_number(*code)) report(place + "/" + key, "it is no number");
        if (std::popcount(states_in(*code)) > static_cast<int>(most_states_in_condition))
            report(place + "/" + key, fmt::format("it names more than {} states", most_states_in_condition));
        return keep_.keep(std::move(*code));
    }

    void add(const policy_row& one, const std::string& place, std::vector<policy_row>& rows) {
        for (const auto& earlier : rows) {
            const auto found = contradiction(earlier, one);
            if (!found) continue;
            const auto where = earlier.policy == one.policy ? "line" : str(earlier.policy) + ", line";
            report(place, fmt::format("it {} the row in {} {}: {}", found->certain ? "contradicts" : "may contradict",
                                      where, earlier.line, found->why));
        }
        rows.push_back(one);
    }

    const document& file_;
    const tables& facts_;
    store& keep_;
    problems& found_;
    std::uint64_t addresses_ = 0;  // that its rows name
};

std::string base_of(const document& file) {
    return file.root().value("extends", "");
}

}  // namespace

bool is_policy(const document& file) {
    return file.root().is_object() && file.root().contains("policy");
}

void read_policies(const std::vector<document>& files, const tables& base, store& keep, tables& into, problems& found) {
    std::vector<policy_entry> all(base.policies.begin(), base.policies.end());
    std::vector<const document*> waiting;
    for (const auto& file : files)
        waiting.push_back(&file);
    // Each round reads those whose base is there.
    for (bool progress = true; progress && !waiting.empty();) {
        progress = false;
        std::vector<const document*> later;
        for (const auto* file : waiting) {
            const auto wanted = base_of(*file);
            const auto extended = find_named(all, wanted);
            if (!wanted.empty() && extended == all.end()) {
                later.push_back(file);
                continue;
            }
            const auto copy = wanted.empty() ? policy_entry{} : *extended;
            const auto one = policy_reader{*file, into, keep, found}.read(wanted.empty() ? nullptr : &copy);
            const auto there = find_named(base.policies, std::string_view{one.name}) != base.policies.end();
            if (find_named(all, std::string_view{one.name}) != all.end())
                found.push_back(
                    {file->name(), file->line("/policy"),
                     std::string{"there are two policies of this name"} + (there ? ": one is built in" : "")});
            all.push_back(one);
            progress = true;
        }
        waiting = std::move(later);
    }
    for (const auto* file : waiting)
        found.push_back({file->name(), file->line("/extends"),
                         "there is no policy `" + base_of(*file) + "`, or it extends this one in its turn"});
    std::ranges::sort(all, {}, [](const policy_entry& one) { return std::string_view{one.name}; });
    into.policies = keep.keep(std::move(all));
}

}  // namespace msr::catalogue::load
