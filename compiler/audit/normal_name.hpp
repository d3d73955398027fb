// When two names of a register are one name: the only place that says what projects put before the manual's name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msr::audit {

/// The name in capitals, without what says no more than that it is an MSR (MSR_, IA32_).
[[nodiscard]] std::string core_name(std::string_view name);

/// Letters and digits of the core, without the prefixes by which projects tell vendors and models apart (AMD64_,
/// HASWELL_): equal for names that mean one register at one address.
[[nodiscard]] std::string bare_name(std::string_view name);

/// Letters and digits of the core: equal only where vendor and model are, too.
[[nodiscard]] std::string exact_name(std::string_view name);

/// Whether a list calls bits so that have no meaning: Reserved2, MUST_BE_ZERO.
[[nodiscard]] bool means_reserved(std::string_view field);

/// The words of the bare name, as they stand between underscores.
[[nodiscard]] std::vector<std::string> words_of(std::string_view name);

}  // namespace msr::audit
