// msr portable: what of one machine's state another cannot take.

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <ranges>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "msr/host/snapshot_format.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/rules/all.hpp"
#include "msr/rules/follow_paging.hpp"
#include "msr/virt/guest.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/vm_state.hpp"

namespace tool {

namespace {

using profile::check;
using profile::check_kind;

// A register that cannot be restored as it is, or of which that is not known.
struct obstacle {
    std::string name;
    std::uint32_t address = 0;
    std::vector<std::uint32_t> cpus;     // of a recording
    std::optional<std::uint64_t> value;  // that was to be restored; none: any that the CPU can hold
    std::string why;
};

std::string fields_at(std::uint64_t bits, const catalogue::register_entry& entry, const profile::profile& cpu) {
    std::string names;
    const layout fields{entry, cpu};
    for (const auto& field : fields->fields) {
        if ((field.mask() & bits) != 0) names += (names.empty() ? "" : ", ") + str(field.entry->name);
    }
    return names.empty() ? fmt::format("bits {:#x}", bits) : fmt::format("{} (bits {:#x})", names, bits);
}

// Whether a register only announces something: what software can write it finds out itself.
bool announces(std::uint32_t address, const catalogue::tables& facts) {
    return std::ranges::any_of(catalogue::at_address(facts, address), [](const catalogue::target& one) {
        return one.entry->access == catalogue::access::read_only;
    });
}

// The register that a description would have to give the value of to tell whether there is state at the address: it
// announces it, or how many of its family there are.
std::optional<std::uint32_t> missing_in(const profile::profile& described, std::uint32_t address,
                                        const profile::viewpoint& by) {
    for (const auto& one : catalogue::at_address(described.facts(), address)) {
        if (profile::presence(*one.entry, described, by) == catalogue::holds::no) continue;
        if (!is_state(*host::owned_behaviour{*one.entry, described, by}, address)) continue;
        const std::array conditions{one.entry->exists, one.entry->count};
        for (const auto& step : conditions | std::views::join) {
            const auto capability = static_cast<std::uint32_t>(step.operand);
            if (step.code == catalogue::operation::register_bits && announces(capability, described.facts()) &&
                !described.listed_value(capability))
                return capability;
        }
    }
    return std::nullopt;
}

// Long mode is active where it is enabled and paging is on. Paging is restored before the registers, with the control
// registers (KVM_SET_SREGS).
bool is_active_by_paging(std::uint32_t address, std::uint64_t value) {
    const auto enables = msr::ia32_efer::from_raw(value);
    return address == msr::ia32_efer::address && enables.lme() && enables.lma();
}

/// What virtual machines of one CPU can hold, tried on virtual machines of another.
class portability {
  public:
    portability(const profile::profile& onto, std::string name, const catalogue::model_entry* model)
        : options_{.model = model, .rules = msr::rules::all},
          described_{onto},
          name_{std::move(name)},
          onto_{onto, options_} {}

    /// Values as they were recorded, into a new virtual CPU for each.
    void try_values(const session& from) {
        for (const auto number : from.cpus()) {
            const host::owned_table state{from.cpu(number), options_};
            const auto addresses = vm_state(state);
            const auto values = from.machine().read({&number, 1}, addresses);
            std::vector<std::uint64_t> held((*onto_).initial().size());
            msr::virt::guest target{*onto_, onto_.cpu(), held.data()};
            // A local APIC that has no registers here is restored before them.
            target.around().state.timer_deadline_mode = true;
            for (std::size_t at = 0; at < addresses.size(); ++at) {
                if (const auto& value = values.at(0, at)) try_value(target, addresses[at], *value, state.cpu(), number);
            }
        }
    }

    /// All that virtual machines of a CPU can hold.
    void try_kind(const profile::profile& cpu, const std::string& called) {
        const host::owned_table state{cpu, options_};
        for (const auto address : vm_state(state)) {
            const auto* const there = onto_->find(address);
            if (there == nullptr) {
                add_absent({name_at(address, cpu), address, {}, {}, {}});
            } else {
                ++tried_;
                compare(state.cpu(), address, state->find(address)->row->host, there->row->host);
            }
        }
        add_not_known_of(state, cpu, called);
    }

    [[nodiscard]] const std::vector<obstacle>& obstacles() const { return obstacles_; }
    /// Registers of which a description does not tell whether they are there.
    [[nodiscard]] const std::vector<obstacle>& not_known() const { return not_known_; }
    /// What was decided.
    [[nodiscard]] std::size_t tried() const { return tried_; }

  private:
    // What a description leaves out may be there all the same.
    void add_absent(obstacle found) {
        const bool in_other_modes = onto_->find(found.address) != nullptr;
        const auto missing = in_other_modes ? std::nullopt : missing_in(described_, found.address, by_host());
        if (missing) {
            found.why = why_not_known(name_, *missing);
            return add(not_known_, std::move(found));
        }
        ++tried_;
        found.why = in_other_modes ? "it has no such register in this mode" : "it has no such register";
        add(obstacles_, std::move(found));
    }

    [[nodiscard]] profile::viewpoint by_host() const {
        return {.model = options_.model, .rules = options_.rules, .by_host = true};
    }

    [[nodiscard]] std::string why_not_known(const std::string& called, std::uint32_t missing) const {
        return fmt::format("the description of {} gives no {}", called, name_at(missing, described_));
    }

    // State that a machine of this kind may have beside what it is known to have.
    void add_not_known_of(const host::owned_table& state, const profile::profile& cpu, const std::string& called) {
        for (const auto& entry : cpu.facts().registers) {
            for (std::uint32_t member = 0; member < entry.members; ++member) {
                const auto address = entry.address + entry.stride * member;
                if (state->find(address) != nullptr) continue;
                if (const auto missing = missing_in(cpu, address, by_host()))
                    add(not_known_, {name_at(address, cpu), address, {}, {}, why_not_known(called, *missing)});
            }
        }
    }

    static void add(std::vector<obstacle>& list, obstacle found) {
        const auto same = std::ranges::find_if(list, [&](const obstacle& one) {
            return one.address == found.address && one.value == found.value && one.why == found.why;
        });
        if (same == list.end()) {
            list.push_back(std::move(found));
        } else {
            same->cpus.insert(same->cpus.end(), found.cpus.begin(), found.cpus.end());
        }
    }

    void try_value(msr::virt::guest& target, std::uint32_t address, std::uint64_t value, const profile::profile& cpu,
                   std::uint32_t number) {
        const auto name = name_at(address, cpu);
        const auto now = target.explained_read(address, true);
        if (now.faults() || now.result != value) {
            const bool by_paging = is_active_by_paging(address, value);
            const auto written = by_paging ? value & ~msr::ia32_efer::fields::lma::mask : value;
            const auto verdict = target.explained_write(address, written, true);
            if (verdict.why == profile::objection::absent) return add_absent({name, address, {number}, value, {}});
            if (verdict.faults()) {
                add(obstacles_, {name, address, {number}, value, reason(verdict, value, name)});
            } else if (verdict.dropped != 0) {
                add(obstacles_,
                    {name, address, {number}, value, fmt::format("bits {:#x} do not arrive", verdict.dropped)});
            } else if (by_paging) {
                target.around().state.paging = true;
                msr::rules::follow_paging(target.around());
            }
        }
        ++tried_;
    }

    void compare(const profile::profile& cpu, std::uint32_t address, const profile::behaviour& from,
                 const profile::behaviour& to) {
        const auto name = name_at(address, cpu);
        const auto say = [&](std::string why) { add(obstacles_, {name, address, {}, {}, std::move(why)}); };
        if (!to.writable) return say("it is read-only");
        if (const auto lost = from.reach() & ~to.reach(); lost != 0)
            say(fields_at(lost, *from.entry, cpu) + " cannot be set");
        for (const auto& one : from.checks) {
            if (one.kind == check_kind::one_of) compare_values(one, to, say);
        }
        const auto canonical = [](const check& one) { return one.kind == check_kind::canonical; };
        const bool narrower = cpu.linear_width() > onto_.cpu().linear_width();
        if (narrower && std::any_of(to.checks.begin(), to.checks.end(), canonical)) {
            say(fmt::format("addresses of {} bits are not canonical with {}", cpu.linear_width(),
                            onto_.cpu().linear_width()));
        }
    }

    static void compare_values(const check& legal, const profile::behaviour& to, const auto& say) {
        for (const auto& one : to.checks) {
            if (one.kind != check_kind::one_of || one.mask() != legal.mask()) continue;
            std::string values;
            for (unsigned raw = 0; raw < 64; ++raw) {
                if (legal.lists(raw) && !one.lists(raw)) values += fmt::format("{}{}", values.empty() ? "" : ", ", raw);
            }
            if (!values.empty()) say(fmt::format("{} takes no {}", str(legal.field->name), values));
        }
    }

    profile::table_options options_;
    const profile::profile described_;
    std::string name_;
    host::owned_table onto_;
    std::vector<obstacle> obstacles_;
    std::vector<obstacle> not_known_;
    std::size_t tried_ = 0;
};

bool is_live(const std::string& name) {
    return name == "kvm" || name == "linux";
}

bool is_snapshot(const std::string& path) {
    std::string beginning(host::snapshot_format::first_line.size(), '\0');
    std::ifstream file{path, std::ios::binary};
    file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    return beginning == host::snapshot_format::first_line;
}

// A CPU by what names it: a live source, or what --profile takes.
host::outcome<cpu_description> cpu_called(const std::string& name, const catalogue::tables& facts) {
    common_options options;
    options.profile = is_live(name) ? "host" : name;
    if (is_live(name)) options.from = name;
    return find_cpu(facts, options);
}

host::outcome<void> try_all(portability& work, const std::string& from, const common_options& options,
                            const catalogue::tables& facts) {
    if (is_live(from) || is_snapshot(from)) {
        auto source = options;
        source.from = from;
        auto opened = session::open(source);
        if (!opened) return std::unexpected{opened.error()};
        opened->learn_all();
        work.try_values(*opened);
        return {};
    }
    const auto cpu = cpu_called(from, facts);
    if (!cpu) return std::unexpected{cpu.error()};
    work.try_kind({facts, cpu->cpuid, cpu->registers}, from);
    return {};
}

json obstacles_json(const std::vector<obstacle>& obstacles) {
    auto list = json::array();
    for (const auto& one : obstacles) {
        list.push_back({{"name", one.name},
                        {"address", hex(one.address)},
                        {"cpus", one.cpus},
                        {"value", one.value ? json(hex(*one.value)) : json(nullptr)},
                        {"why", one.why}});
    }
    return list;
}

// By what is missing: one register announces many.
void print_not_known(const portability& work) {
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& one : work.not_known()) {
        auto& here = names[one.why];
        if (std::ranges::find(here, one.name) == here.end()) here.push_back(one.name);
    }
    for (const auto& [why, these] : names) {
        const auto first = these | std::views::take(3);
        fmt::print("{} cannot be told: {}: {}{}\n", these.size(), why, fmt::join(first, ", "),
                   these.size() > first.size() ? ", …" : "");
    }
}

void print_obstacles(const portability& work, const std::string& onto) {
    for (const auto& one : work.obstacles()) {
        const auto cpus = one.cpus.empty() ? "" : fmt::format("cpu {:<6} ", host::format_cpu_list(one.cpus));
        const auto value = one.value ? fmt::format(" = {:#x}", *one.value) : "";
        fmt::print("{}{}{}: {}\n", cpus, one.name, value, one.why);
    }
    print_not_known(work);
    if (work.obstacles().empty())
        fmt::print("all {}{} can be restored on {}\n", work.not_known().empty() ? "" : "other ", work.tried(), onto);
}

}  // namespace

exit_code portable_verb(int argc, char** argv) {
    common_options options;
    std::string model{usual_hypervisor};
    std::string from;
    std::string onto;
    CLI::App app{"Says what of a virtual machine's state cannot be restored on another CPU, and why", "portable"};
    add_json(app, options);
    add_catalogue(app, options);
    app.add_option("--model", model, "Whose virtual machines: an implementation's, or architectural")
        ->capture_default_str();
    app.add_option("A", from, "What is to be restored: a snapshot, kvm, linux; or a profile: all that it can hold")
        ->required();
    app.add_option("B", onto, "The CPU to restore on: a profile's name, a file, kvm or linux")->required();
    return parse_and_run(app, argc, argv, [&] {
        const auto known = tool::facts::load(options.catalogue);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        const auto chosen = find_model(**known, model);
        if (!chosen) return fail(to_exit_code(chosen.error().kind), chosen.error().line());
        const auto target = cpu_called(onto, **known);
        if (!target) return fail(to_exit_code(target.error().kind), target.error().line());
        portability work{{**known, target->cpuid, target->registers}, onto, *chosen};
        if (const auto tried = try_all(work, from, options, **known); !tried)
            return fail(to_exit_code(tried.error().kind), tried.error().line());
        if (options.json) {
            print(json{{"from", from},
                       {"onto", onto},
                       {"tried", work.tried()},
                       {"obstacles", obstacles_json(work.obstacles())},
                       {"not_known", obstacles_json(work.not_known())}});
        } else {
            print_obstacles(work, onto);
        }
        return work.obstacles().empty() ? done : finding;
    });
}

}  // namespace tool
