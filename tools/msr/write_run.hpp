// What write, undo and restore do with a plan: show it, hold it against its refusals, carry it out, say how it ended.
#pragma once

#include <string>

#include "tools/msr/write_plan.hpp"

namespace tool {

struct write_options {
    common_options common;
    bool dry_run = false;
    bool force = false;
};

void add_dry_run(CLI::App& app, write_options& options);
void add_force(CLI::App& app, write_options& options);

/// `verb` and `undoes` go into the journal; `about` are further members of the JSON document, put before the plan.
exit_code show_and_write(session& from, const write_plan& plan, const write_options& options, const std::string& verb,
                         const std::string& undoes = {}, json about = json::object());

}  // namespace tool
