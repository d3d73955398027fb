// msr read: registers or fields, on some or all CPUs, decoded.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "tools/msr/report/meaning.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

// One register to read, and the entries that can stand at its address.
struct wanted_address {
    std::uint32_t address = 0;
    std::vector<catalogue::target> candidates;
};

// CPUs that gave the same answer share a line.
struct answer {
    std::vector<std::uint32_t> cpus;
    msr::result<std::uint64_t> value;
    const catalogue::target* what = nullptr;
    report::sentences meaning;  // of a whole register; other registers of the CPU have a say in it
};

class reader {
  public:
    reader(session& from, bool all_fields) : from_{from}, meanings_{from.facts(), &from}, all_fields_{all_fields} {}

    // A family's name stands for the members that the first CPU has.
    host::outcome<void> request_by_name(const std::string& name) {
        const auto targets = catalogue::find_by_name(from_.facts(), name);
        if (!targets) return host::bad_input(targets.error());
        if (targets->empty()) {
            requests_.push_back({*catalogue::parse_address(name), {}});
            return {};
        }
        std::vector<const catalogue::register_entry*> entries;
        for (const auto& one : *targets)
            entries.push_back(one.entry);
        from_.learn(entries);
        const auto& cpu = from_.cpu(from_.cpus().front());
        const bool one_member =
            std::ranges::all_of(*targets, [&](const auto& one) { return one.member == targets->front().member; });
        std::map<std::uint32_t, wanted_address> by_address;
        for (const auto& one : *targets) {
            if (!one_member && one.member >= profile::member_count(*one.entry, cpu)) continue;
            auto& wanted = by_address[one.address()];
            wanted.address = one.address();
            wanted.candidates.push_back(one);
        }
        keep_existing(by_address, cpu);
        for (auto& [address, wanted] : by_address)
            requests_.push_back(std::move(wanted));
        return {};
    }

    void run() {
        std::vector<std::uint32_t> addresses;
        for (const auto& one : requests_)
            addresses.push_back(one.address);
        const auto values = from_.machine().read(from_.cpus(), addresses);
        for (std::size_t at = 0; at < requests_.size(); ++at) {
            auto& groups = answers_.emplace_back();
            for (std::size_t cpu = 0; cpu < from_.cpus().size(); ++cpu)
                add(groups, requests_[at], from_.cpus()[cpu], values.at(cpu, at));
        }
    }

    void print_text() const {
        std::size_t name_width = 0;
        std::size_t cpu_width = 0;
        for (std::size_t at = 0; at < requests_.size(); ++at) {
            for (const auto& one : answers_[at]) {
                name_width = std::max(name_width, name_of_answer(requests_[at], one).size());
                cpu_width = std::max(cpu_width, host::format_cpu_list(one.cpus).size());
            }
        }
        for (std::size_t at = 0; at < requests_.size(); ++at) {
            for (const auto& one : answers_[at]) {
                fmt::print("cpu {:<{}}  {:<{}}  {}\n", host::format_cpu_list(one.cpus), cpu_width,
                           name_of_answer(requests_[at], one), name_width, text_of(one));
                for (const auto& sentence : remarks(one))
                    fmt::print("    {}\n", sentence);
                if (all_fields_ && one.value && one.what != nullptr && one.what->field == nullptr) {
                    const auto& cpu = from_.cpu(one.cpus.front());
                    print_fields(layout{*one.what->entry, cpu}, *one.value, &cpu);
                }
            }
        }
    }

    [[nodiscard]] json as_json() const {
        json registers = json::array();
        for (std::size_t at = 0; at < requests_.size(); ++at) {
            json entry{{"name", name_of_answer(requests_[at], answers_[at].front())},
                       {"address", hex(requests_[at].address)}};
            std::map<std::uint32_t, json> by_cpu;
            for (const auto& one : answers_[at]) {
                for (const auto cpu : one.cpus)
                    by_cpu[cpu] = value_json(one, cpu);
            }
            auto values = json::array();
            for (auto& [cpu, value] : by_cpu)
                values.push_back(std::move(value));
            entry["values"] = std::move(values);
            registers.push_back(std::move(entry));
        }
        return {{"source", from_.machine().description()}, {"registers", std::move(registers)}};
    }

    // The register refused only counts when there is nothing else to show.
    [[nodiscard]] exit_code code() const {
        for (const auto& groups : answers_) {
            if (std::ranges::any_of(groups, [](const answer& one) { return one.value.has_value(); })) return done;
        }
        return refused;
    }

  private:
    // Of a name's entries for other processors, only those that can be here; all, if none can: then it is read
    // undecoded.
    static void keep_existing(std::map<std::uint32_t, wanted_address>& by_address, const profile::profile& cpu) {
        const auto possible = [&](const auto& item) { return on_cpu(item.second.candidates, cpu) != nullptr; };
        if (std::ranges::none_of(by_address, possible)) return;
        std::erase_if(by_address, [&](const auto& item) { return !possible(item); });
    }

    void add(std::vector<answer>& groups, const wanted_address& wanted, std::uint32_t cpu,
             const msr::result<std::uint64_t>& value) {
        const auto* what = on_cpu(wanted.candidates, from_.cpu(cpu));
        auto meaning =
            value && what != nullptr && what->field == nullptr ? meanings_.of(*what, *value, cpu) : report::sentences{};
        const auto same = std::ranges::find_if(groups, [&](const answer& one) {
            if (one.what != what || one.value.has_value() != value.has_value() || one.meaning != meaning) return false;
            return value ? *one.value == *value : one.value.error().cause == value.error().cause;
        });
        if (same != groups.end()) {
            same->cpus.push_back(cpu);
        } else {
            groups.push_back({{cpu}, value, what, std::move(meaning)});
        }
    }

    [[nodiscard]] static std::string name_of_answer(const wanted_address& wanted, const answer& one) {
        const auto* what = one.what;
        if (what == nullptr) what = wanted.candidates.empty() ? nullptr : &wanted.candidates.front();
        if (what == nullptr) return hex(wanted.address);
        auto name = catalogue::name_of(*what->entry, what->member);
        if (what->field != nullptr) name += "." + str(what->field->name);
        return name;
    }

    [[nodiscard]] std::string text_of(const answer& one) const {
        if (!one.value) return from_.machine().explain(one.value.error()).line();
        if (one.what == nullptr)
            return hex(*one.value) + "  (not decoded: the catalogue has no such register on this CPU)";
        const auto& cpu = from_.cpu(one.cpus.front());
        const layout fields{*one.what->entry, cpu};
        if (one.what->field != nullptr) return field_text(fields, *one.what->field, *one.value, cpu);
        if (!one.what->entry->fields_known) return hex(*one.value) + "  (its fields are not known)";
        const auto set_fields = all_fields_ ? std::string{} : summary(fields, *one.value, &cpu);
        return hex(*one.value) + (set_fields.empty() ? "" : "  " + set_fields);
    }

    // What a whole register says, and what is wrong with it.
    [[nodiscard]] report::sentences remarks(const answer& one) const {
        if (!one.value || one.what == nullptr || one.what->field != nullptr) return {};
        auto result = one.meaning;
        const auto reserved = impossible_bits(layout{*one.what->entry, from_.cpu(one.cpus.front())}, *one.value);
        if (reserved != 0) result.push_back(fmt::format("reserved bits are set: {:#x}", reserved));
        return result;
    }

    [[nodiscard]] static std::string field_text(const layout& fields, const catalogue::field_entry& wanted,
                                                std::uint64_t value, const profile::profile& cpu) {
        std::string result = "this CPU does not have the field";
        profile::decode(*fields, value, [&](const profile::decoded_field& decoded) {
            if (decoded.field.entry->name != wanted.name) return;
            result = hex(decoded.raw);
            if (const auto meaning = words(decoded, value, &cpu); meaning != result) result += "  " + meaning;
            if (decoded.meaning != nullptr && !decoded.meaning->title.empty())
                result += "  " + str(decoded.meaning->title);
        });
        return result;
    }

    [[nodiscard]] json value_json(const answer& one, std::uint32_t cpu) const {
        json value{{"cpu", cpu}};
        if (!one.value) {
            const auto problem = from_.machine().explain(one.value.error());
            value["error"] = {{"cause", cause_word(one.value.error().cause)}, {"message", problem.line()}};
            return value;
        }
        value["value"] = hex(*one.value);
        if (one.what == nullptr) return value;
        const auto& on = from_.cpu(cpu);
        auto fields = to_json(layout{*one.what->entry, on}, *one.value, &on);
        if (one.what->field == nullptr) {
            value["fields"] = std::move(fields);
            if (!one.meaning.empty()) value["meaning"] = report::joined(one.meaning, "; ");
            const auto reserved = impossible_bits(layout{*one.what->entry, on}, *one.value);
            if (reserved != 0) value["reserved_bits"] = hex(reserved);
        } else {
            const auto name = str(one.what->field->name);
            value["fields"] = fields.contains(name) ? json{{name, fields[name]}} : json::object();
        }
        return value;
    }

    session& from_;
    report::meanings meanings_;
    bool all_fields_;
    std::vector<wanted_address> requests_;
    std::vector<std::vector<answer>> answers_;
};

}  // namespace

exit_code read_verb(int argc, char** argv) {
    common_options options;
    std::vector<std::string> names;
    bool all_fields = false;
    CLI::App app{"Reads registers or fields and says what they mean", "read"};
    add_json(app, options);
    add_source(app, options);
    add_catalogue(app, options);
    app.add_flag("-f,--fields", all_fields, "One line a field, zeros too");
    app.add_option("REGISTER", names, "NAME, alias, address (0x1B), NAME[i], each with .FIELD")->required();
    return parse_and_run(app, argc, argv, [&] {
        auto opened = session::open(options);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        reader reading{*opened, all_fields};
        for (const auto& name : names) {
            if (const auto known = reading.request_by_name(name); !known) {
                return fail(to_exit_code(known.error().kind), known.error().line());
            }
        }
        if (!opened->complaint().empty()) fmt::print(stderr, "msr: {}\n", opened->complaint());
        reading.run();
        if (options.json) {
            print(reading.as_json());
        } else {
            reading.print_text();
        }
        return reading.code();
    });
}

}  // namespace tool
