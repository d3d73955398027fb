// The options that verbs share, and how a verb reads its command line.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/msr/exit_code.hpp"

namespace tool {

struct common_options {
    bool json = false;
    std::string from = "auto";
    std::string cpus;                   // empty: all
    std::string catalogue;              // a folder of the user's own registers
    std::string profile;                // a CPU instead of a machine: a known one's name, a file, or host
    std::vector<std::string> features;  // changes of it: +name, -name

    [[nodiscard]] bool names_cpu() const { return !profile.empty() || !features.empty(); }
};

void add_json(CLI::App& app, common_options& options);
void add_source(CLI::App& app, common_options& options);
void add_catalogue(CLI::App& app, common_options& options);
/// --profile and --features, for verbs that need a CPU but none of its registers' values.
void add_profile(CLI::App& app, common_options& options);
/// --features alone.
void add_features(CLI::App& app, common_options& options);

/// Parses the command line, then runs the verb; prints help, or what is wrong in one line.
exit_code parse_and_run(CLI::App& app, int argc, char** argv, const std::function<exit_code()>& run);

/// Prints one line on standard error: "msr: …".
exit_code fail(exit_code code, std::string_view message);

}  // namespace tool
