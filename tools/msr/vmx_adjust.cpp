// msr vmx adjust: the controls that meet a request on a machine, on all of its CPUs, or on two machines.

#include <optional>

#include <fmt/format.h>

#include "msr/virt/vmx/capabilities.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/virtual_machine_extensions.hpp"
#include "tools/msr/vmx_controls.hpp"

namespace tool {

namespace {

namespace vmx = msr::virt::vmx;

// What all CPUs of a machine allow.
host::outcome<vmx::allowed_controls> allowed_on(session& from) {
    const auto values = read_topic(from, msr::ia32_vmx_basic::address, {});
    const report::names all{from.facts()};
    std::optional<vmx::allowed_controls> result;
    for (std::size_t at = 0; at < from.cpus().size(); ++at) {
        const auto number = from.cpus()[at];
        const report::cpu_values cpu{all, number, from.cpu(number), values.addresses(), values.row(at)};
        const auto what = fmt::format("CPU {} has no VMX controls", number);
        const auto problem = [&](std::string why) {
            return std::unexpected{host::error{host::error_kind::not_possible, what, std::move(why), ""}};
        };
        if (!cpu.has("vmx")) return problem("it does not announce VMX");
        const auto found = vmx::capabilities::read(cpu);
        if (!found) {
            const auto name = catalogue::at_address(from.facts(), found.error().index).front().entry->name;
            return problem(fmt::format("{} is {}", str(name), str(to_string(found.error().cause))));
        }
        result = result ? vmx::common(*result, found->controls) : found->controls;
    }
    return *result;
}

host::outcome<vmx::allowed_controls> allowed_on(const common_options& options) {
    auto opened = session::open(options);
    if (!opened) return std::unexpected{opened.error()};
    if (!opened->complaint().empty()) fmt::print(stderr, "msr: {}\n", opened->complaint());
    return allowed_on(*opened);
}

std::string name_of(vmx::control one) {
    const auto name = one.name();
    return fmt::format("{}.{}", short_name(one.set), name.empty() ? fmt::format("bit {}", one.bit) : str(name));
}

bool has_other(const vmx::control_refusal& why) {
    return !why.source.empty();
}

exit_code show_refusal(const vmx::control_refusal& why, bool as_json) {
    auto line = fmt::format("refused: {} {}", name_of(why.which), str(to_string(why.why)));
    if (has_other(why)) line += fmt::format(": {} ({})", name_of(why.other), str(why.source));
    if (as_json) {
        json document{{"met", false}, {"control", name_of(why.which)}, {"why", str(to_string(why.why))}};
        if (has_other(why)) document.update(json{{"other", name_of(why.other)}, {"source", str(why.source)}});
        print(document);
    } else {
        fmt::print("{}\n", line);
    }
    return finding;
}

std::string names(vmx::control_set set, std::uint64_t bits) {
    return report::joined(control_names(set, bits), " ");
}

void show(const vmx::adjusted_controls& made) {
    const auto line = [](std::string_view head, std::string_view value, const std::string& words) {
        fmt::print("{}\n", words.empty() ? fmt::format("{:6} {}", head, value)
                                         : fmt::format("{:6} {:<12} {}", head, value, words));
    };
    for (const auto set : vmx::control_sets) {
        line(short_name(set), hex(made.value.raw(set)), names(set, made.value.raw(set)));
        if (const auto lost = names(set, made.dropped.raw(set)); !lost.empty()) line("", "", "dropped: " + lost);
        if (const auto forced = names(set, made.imposed.raw(set)); !forced.empty())
            line("", "", "imposed by the CPU: " + forced);
    }
}

json adjusted_json(const vmx::adjusted_controls& made) {
    auto sets = json::object();
    for (const auto set : vmx::control_sets) {
        const auto list = [set](const vmx::controls& all) { return control_names(set, all.raw(set)); };
        sets[std::string{short_name(set)}] = {{"value", hex(made.value.raw(set))},
                                              {"controls", list(made.value)},
                                              {"dropped", list(made.dropped)},
                                              {"imposed", list(made.imposed)}};
    }
    return {{"met", true}, {"sets", std::move(sets)}};
}

}  // namespace

exit_code vmx_adjust(int argc, char** argv) {
    common_options options;
    std::string against;
    std::vector<std::string> words;
    bool unpaired = false;
    CLI::App app{
        "Says which VMX controls meet a request: SET=CONTROL,?CONTROL,-CONTROL. A name is required, ?name optional, "
        "-name forbidden; sets are pin, proc, proc2, proc3, exit, exit2, entry",
        "vmx adjust"};
    add_json(app, options);
    add_source(app, options);
    add_catalogue(app, options);
    add_profile(app, options);
    app.add_option("--against", against, "A snapshot of another machine: what meets the request on both");
    app.add_flag("--unpaired", unpaired, "An entry may load what no exit takes back");
    app.add_option("REQUEST", words, "As pin=NMI_EXITING,?VIRTUAL_NMIS");
    return parse_and_run(app, argc, argv, [&] {
        auto wanted = parse_control_request(words);
        if (!wanted) return fail(to_exit_code(wanted.error().kind), wanted.error().line());
        wanted->keep_pairs = !unpaired;
        auto allowed = allowed_on(options);
        if (!allowed) return fail(to_exit_code(allowed.error().kind), allowed.error().line());
        if (!against.empty()) {
            const auto other = allowed_on({.from = against, .cpus = {}, .catalogue = options.catalogue, .profile = {}});
            if (!other) return fail(to_exit_code(other.error().kind), other.error().line());
            *allowed = vmx::common(*allowed, *other);
        }
        const auto made = vmx::adjust(*allowed, *wanted);
        if (!made) return show_refusal(made.error(), options.json);
        if (options.json) {
            print(adjusted_json(*made));
        } else {
            show(*made);
        }
        return done;
    });
}

}  // namespace tool
