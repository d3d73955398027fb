// The named rules: behaviour that facts of single fields cannot say, one a file. catalogue/rules.yaml says what each is
// about, and registers name those that apply to them. The only code that names registers. Freestanding.
#pragma once

#include "msr/profile/rule.hpp"

namespace msr::rules {

bool apic_base_mode_changes(profile::attempt& asked);
bool cet_suppress_excludes_tracker(profile::attempt& asked);
bool counter_write_extends_sign(profile::attempt& asked);
bool efer_mode_changes(profile::attempt& asked);
bool hypercall_page_needs_guest_os_id(profile::attempt& asked);
bool local_machine_check_opted_in(profile::attempt& asked);
bool local_vector_stays_masked(profile::attempt& asked);
bool machine_check_write_clears(profile::attempt& asked);
bool ppin_enable_excludes_lockout(profile::attempt& asked);
bool svm_disable_needs_svme_clear(profile::attempt& asked);
bool system_management_mode_only(profile::attempt& asked);
bool trace_configuration_fixed_while_enabled(profile::attempt& asked);
bool tsc_adjust_write_moves_tsc(profile::attempt& asked);
bool tsc_deadline_needs_timer_mode(profile::attempt& asked);
bool tsc_deadline_of_host_needs_timer_mode(profile::attempt& asked);
bool tsc_write_moves_adjust(profile::attempt& asked);
bool write_becomes_canonical(profile::attempt& asked);
bool x2apic_mode_only(profile::attempt& asked);

/// All of them, by name.
inline constexpr profile::named_rule all[]{
    {"apic_base_mode_changes", apic_base_mode_changes},
    {"cet_suppress_excludes_tracker", cet_suppress_excludes_tracker},
    {"counter_write_extends_sign", counter_write_extends_sign},
    {"efer_mode_changes", efer_mode_changes},
    {"hypercall_page_needs_guest_os_id", hypercall_page_needs_guest_os_id},
    {"local_machine_check_opted_in", local_machine_check_opted_in},
    {"local_vector_stays_masked", local_vector_stays_masked},
    {"machine_check_write_clears", machine_check_write_clears},
    {"ppin_enable_excludes_lockout", ppin_enable_excludes_lockout},
    {"svm_disable_needs_svme_clear", svm_disable_needs_svme_clear},
    {"system_management_mode_only", system_management_mode_only},
    {"trace_configuration_fixed_while_enabled", trace_configuration_fixed_while_enabled},
    {"tsc_adjust_write_moves_tsc", tsc_adjust_write_moves_tsc},
    {"tsc_deadline_needs_timer_mode", tsc_deadline_needs_timer_mode},
    {"tsc_deadline_of_host_needs_timer_mode", tsc_deadline_of_host_needs_timer_mode},
    {"tsc_write_moves_adjust", tsc_write_moves_adjust},
    {"write_becomes_canonical", write_becomes_canonical},
    {"x2apic_mode_only", x2apic_mode_only},
};

}  // namespace msr::rules
