// The tool's verbs: one file each.
#pragma once

#include "tools/msr/exit_code.hpp"

namespace tool {

/// A verb gets its own arguments, its name first.
using run_verb = exit_code (*)(int argc, char** argv);

struct verb {
    const char* name;
    const char* title;
    run_verb run;
};

exit_code report_verb(int argc, char** argv);
exit_code read_verb(int argc, char** argv);
exit_code decode_verb(int argc, char** argv);
exit_code check_verb(int argc, char** argv);
exit_code emulate_verb(int argc, char** argv);
exit_code encode_verb(int argc, char** argv);
exit_code show_verb(int argc, char** argv);
exit_code find_verb(int argc, char** argv);
exit_code list_verb(int argc, char** argv);
exit_code profile_verb(int argc, char** argv);
exit_code vmx_verb(int argc, char** argv);
exit_code vmx_adjust(int argc, char** argv);  // vmx adjust
exit_code svm_verb(int argc, char** argv);
exit_code cost_verb(int argc, char** argv);
exit_code gs_verb(int argc, char** argv);
exit_code guest_verb(int argc, char** argv);
exit_code intercept_verb(int argc, char** argv);
exit_code switch_verb(int argc, char** argv);
exit_code snapshot_verb(int argc, char** argv);
exit_code diff_verb(int argc, char** argv);
exit_code portable_verb(int argc, char** argv);
exit_code write_verb(int argc, char** argv);
exit_code undo_verb(int argc, char** argv);
exit_code restore_verb(int argc, char** argv);

}  // namespace tool
