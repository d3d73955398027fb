// msr guest: a bare-metal guest run under KVM, every access to a register seen and judged.

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "msr/host/files.hpp"
#include "msr/host/kvm_machine.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/guest/boot.hpp"
#include "tools/msr/guest/filter.hpp"
#include "tools/msr/guest/learn.hpp"
#include "tools/msr/guest/print.hpp"
#include "tools/msr/session.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

struct guest_request {
    common_options options;
    std::string image;
    std::string flat_at;  // empty: not a flat binary
    std::string policy;   // empty: none, all leaves for user space
    std::vector<std::string> set;
    std::string learn;  // files; empty: none
    std::string serial;
    std::uint64_t memory = 64;  // MiB
    double seconds = 10;
    std::uint64_t exits = 0;
    bool trace = false;
};

// An image is all in memory twice: its file, and the guest's.
constexpr std::uint64_t most_memory = 3072;  // MiB; above, KVM has pages of its own, and devices are expected
constexpr unsigned bits_of_mebibyte = 20;

/// The image's file, and what was found in it.
struct read_file_image {
    std::string bytes;
    guest_image image;
};

host::outcome<std::unique_ptr<read_file_image>> read_guest_file(const guest_request& wanted) {
    const auto of_file = [&](host::error wrong) {
        wrong.what = wanted.image + ": " + wrong.what;
        return std::unexpected{std::move(wrong)};
    };
    std::optional<std::uint64_t> flat_at;
    if (!wanted.flat_at.empty()) {
        const auto address = catalogue::parse_address(wanted.flat_at);
        if (!address) return host::bad_input("--flat " + wanted.flat_at, address.error(), "write it as 0x100000");
        flat_at = *address;
    }
    const auto memory = wanted.memory << bits_of_mebibyte;
    std::error_code unknown;
    if (std::filesystem::exists(wanted.image, unknown) && !std::filesystem::is_regular_file(wanted.image, unknown))
        return host::bad_input("cannot read " + wanted.image, "it is not a regular file");
    auto bytes = host::read_file(wanted.image, memory);
    if (!bytes && bytes.error() == EFBIG)
        return host::bad_input(wanted.image + " is larger than the guest's memory", {}, "give it more with --memory");
    if (!bytes) return host::bad_input("cannot read " + wanted.image, host::describe_errno(bytes.error()));
    auto read = std::make_unique<read_file_image>(std::move(*bytes));
    auto image = read_image(std::as_bytes(std::span{read->bytes}), memory - loader_memory, flat_at);
    if (!image) return of_file(image.error());
    read->image = std::move(*image);
    return read;
}

bool is_same_file(const std::string& one, const std::string& other) {
    std::error_code unknown;
    return std::filesystem::equivalent(one, other, unknown) ||
           std::filesystem::weakly_canonical(one, unknown) == std::filesystem::weakly_canonical(other, unknown);
}

// Whether replace_file will be able to, as far as that can be known.
host::outcome<void> check_replaceable(const std::filesystem::path& file) {
    const auto cannot = [&](std::string why) {
        return host::bad_input("cannot write " + file.string(), std::move(why), "name another file");
    };
    std::error_code unknown;
    if (std::filesystem::exists(file, unknown) && !std::filesystem::is_regular_file(file, unknown))
        return cannot("it exists and is not a regular file");
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    if (::access((folder / "").c_str(), W_OK | X_OK) != 0) return cannot(host::describe_errno(errno));
    return {};
}

// Told before a run, not after it.
host::outcome<void> check_written_files(const guest_request& wanted) {
    for (const auto* const written : {&wanted.learn, &wanted.serial}) {
        if (written->empty()) continue;
        for (const auto* const read : {&wanted.image, &wanted.policy}) {
            if (!read->empty() && is_same_file(*written, *read))
                return host::bad_input("cannot write " + *written, "it is read", "name another file");
        }
    }
    if (wanted.learn.empty()) return {};
    if (!wanted.policy.empty())
        return host::bad_input("--learn does not go with --policy",
                               "what the policy lets pass is not seen, and would be missing in what is learned");
    if (is_same_file(wanted.learn, wanted.serial))
        return host::bad_input("--learn and --serial name the same file", {}, "name another file");
    return check_replaceable(wanted.learn);
}

// The CPU that KVM gives a guest if nobody says otherwise, or the named one.
host::outcome<cpu_description> guest_cpu(const catalogue::tables& facts, common_options options) {
    if (options.profile.empty()) options.from = "kvm";
    auto cpu = find_cpu(facts, options);
    if (!cpu) return cpu;
    // KVM's own leaves are there for guests that know they are guests; this bit user space sets.
    const auto has_hypervisor =
        std::ranges::any_of(cpu->cpuid, [](const auto& one) { return one.leaf == profile::first_hypervisor_base; });
    for (auto& one : cpu->cpuid) {
        if (one.leaf == 1 && has_hypervisor) one.answer.ecx |= profile::hypervisor_present;
    }
    return cpu;
}

// What the policy says of this guest, on a host like it.
host::outcome<std::unique_ptr<intercept_case>> guest_policy(const guest_request& wanted) {
    if (wanted.policy.empty()) return nullptr;
    intercept_names names;
    names.policy = wanted.policy;
    names.guest = wanted.options.profile;
    names.features = wanted.options.features;
    names.set = wanted.set;
    names.catalogue = wanted.options.catalogue;
    names.from = "kvm";
    return intercept_case::open(names);
}

using open_file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

host::outcome<open_file> open_text(const guest_request& wanted) {
    // What the guest says is no part of a document.
    if (wanted.serial.empty())
        return open_file{wanted.options.json ? stderr : stdout, [](std::FILE* shared) { return std::fflush(shared); }};
    open_file file{std::fopen(wanted.serial.c_str(), "we"), std::fclose};
    if (file) return file;
    return host::bad_input("cannot write " + wanted.serial, host::describe_errno(errno));
}

exit_code code_of(guest_end end) {
    switch (end) {
        case guest_end::halted:
        case guest_end::exit_port:
        case guest_end::shutdown_port: return done;
        case guest_end::triple_fault: return finding;
        case guest_end::needs_device: return bad_usage;
        case guest_end::time_is_up:
        case guest_end::exits_are_up: return limit_reached;
        case guest_end::failed: break;
    }
    return no_access;
}

/// One run, from the image to what is printed.
class guest_session {
  public:
    explicit guest_session(const guest_request& wanted) : wanted_{wanted} {}

    host::outcome<exit_code> run() {
        if (const auto possible = check_written_files(wanted_); !possible) return std::unexpected{possible.error()};
        const auto file = read_guest_file(wanted_);
        if (!file) return std::unexpected{file.error()};
        const auto known = facts::load(wanted_.options.catalogue);
        if (!known) return std::unexpected{known.error()};
        const auto cpu = guest_cpu(**known, wanted_.options);
        if (!cpu) return std::unexpected{cpu.error()};
        const auto policy = guest_policy(wanted_);
        if (!policy) return std::unexpected{policy.error()};
        const auto kvm = host::kvm_machine::open();
        if (!kvm) return std::unexpected{kvm.error()};
        auto vcpu = host::kvm_guest::create({.memory = wanted_.memory << bits_of_mebibyte, .cpuid = cpu->cpuid});
        if (!vcpu) return std::unexpected{vcpu.error()};
        if (const auto asked = install_filter(*vcpu, policy->get()); !asked) return std::unexpected{asked.error()};
        const auto& image = (*file)->image;
        if (const auto booted = boot(*vcpu, image); !booted) return std::unexpected{booted.error()};
        const auto text = open_text(wanted_);  // what went wrong so far has left it alone
        if (!text) return std::unexpected{text.error()};
        guest_registers registers{profile::profile{**known, cpu->cpuid, cpu->registers}, *vcpu,
                                  kvm->listed_registers()};
        guest_devices devices{text->get()};
        guest_run running{*vcpu, registers, devices, tracer(registers)};
        const auto result = running.run({to_milliseconds(wanted_.seconds), wanted_.exits});
        return finish(image, *cpu, result, running.tally(), registers, text->get());
    }

  private:
    static std::chrono::milliseconds to_milliseconds(double seconds) {
        return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
    }

    [[nodiscard]] guest_run::observer tracer(const guest_registers& registers) const {
        if (!wanted_.trace) return {};
        return [&registers, as_json = wanted_.options.json](const observed_access& one, std::uint64_t at) {
            if (as_json) {
                auto line = observed_json(one, registers);
                line["instruction_pointer"] = hex(at);
                fmt::print("{}\n", line.dump());
            } else {
                fmt::print("{:#x}: {}\n", at, observed_line(one, registers));
            }
        };
    }

    [[nodiscard]] host::outcome<exit_code> finish(const guest_image& image, const cpu_description& cpu,
                                                  const run_result& result, const access_tally& tally,
                                                  guest_registers& registers, std::FILE* text) const {
        const run_description what{.file = wanted_.image,
                                   .cpu = cpu.name,
                                   .policy = wanted_.policy,
                                   .protocol = image.protocol,
                                   .entry = image.entry,
                                   .memory = wanted_.memory << bits_of_mebibyte};
        if (wanted_.options.json)
            print(run_json(what, result, tally, registers));
        else
            print_run(what, result, tally, registers);
        if (std::fflush(text) != 0 || std::ferror(text) != 0)
            return std::unexpected{host::error{host::error_kind::system_failed,
                                               "what the guest said was not written",
                                               host::describe_errno(errno),
                                               {}}};
        const auto code = code_of(result.end);
        if (!wanted_.learn.empty()) {
            const auto policy =
                learned_policy(wanted_.image, code == done ? "" : end_in_words(result), tally, registers);
            if (!policy) return std::unexpected{policy.error()};
            if (const auto written = host::replace_file(wanted_.learn, *policy); !written)
                return std::unexpected{written.error()};
        }
        return code == done ? code : fail(code, "the guest was ended by " + end_in_words(result));
    }

    const guest_request& wanted_;
};

exit_code run_guest(int argc, char** argv) {
    guest_request wanted;
    auto& options = wanted.options;
    CLI::App app{
        "Runs a bare-metal guest under KVM with every register filtered, answers its accesses as its CPU would, and "
        "says "
        "what it read and wrote. It ends by HLT, by the exit port F4H or Bochs's shutdown port 8900H, or at a limit",
        "guest run"};
    add_json(app, options);
    add_catalogue(app, options);
    add_profile(app, options);
    app.add_flag("--trace", wanted.trace, "Print each access as it is made");
    auto* const policy = app.add_option(
        "--policy", wanted.policy, "Leave to KVM what this policy lets pass: a name of msr intercept list, or a file");
    app.add_option("--set", wanted.set, "Settings and states that hold for the policy")
        ->delimiter(',')
        ->expected(1)
        ->take_all()
        ->needs(policy);
    app.add_option("--learn", wanted.learn, "Write the policy of what the run needed to this file; not with --policy");
    app.add_option("--serial", wanted.serial,
                   "Write what the guest says on COM1 and port E9H to this file; otherwise it goes to standard output, "
                   "with --json to standard error");
    app.add_option("--timeout", wanted.seconds, "Seconds that it may take")
        ->check(CLI::Range(0.001, 86400.0))
        ->capture_default_str();
    app.add_option("--exits", wanted.exits, "Exits to user space that it may take; 0: any number")
        ->capture_default_str();
    app.add_option("--memory", wanted.memory, "The guest's memory in MiB")
        ->check(CLI::Range(std::uint64_t{1}, most_memory))
        ->capture_default_str();
    app.add_option("--flat", wanted.flat_at,
                   "The image is a flat binary for this address, entered at its first byte in 64 bits");
    app.add_option("IMAGE", wanted.image,
                   "An ELF file with a PVH note or a multiboot header, or a 64-bit one that is linked where it lies")
        ->required();
    return parse_and_run(app, argc, argv, [&] {
        auto code = guest_session{wanted}.run();
        return code ? *code : fail(to_exit_code(code.error().kind), code.error().line());
    });
}

}  // namespace

exit_code guest_verb(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "run") return run_guest(argc - 1, argv + 1);
    if (what.starts_with("-")) return run_guest(argc, argv);  // its help is the verb's
    return fail(bad_usage, "there is only msr guest run; see msr guest --help");
}

}  // namespace tool
