// Machine check in sentences (SDM volume 3, 16.3.2 and 16.9; APM volume 2, 9.3).

#include <algorithm>
#include <bit>
#include <cctype>

#include <fmt/format.h>

#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char one) { return std::tolower(one); });
    return text;
}

// "Further corrected …" within a sentence; "TLB" and "I/O" stay as they are.
std::string within_sentence(std::string title) {
    if (title.size() > 1 && std::islower(static_cast<unsigned char>(title[1])) != 0)
        title[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(title[0])));
    return title;
}

// A field that is put together from parts.
const catalogue::layout_entry* layout_called(const cpu_values& cpu, std::string_view name) {
    const auto& all = cpu.facts().layouts;
    const auto found = std::ranges::find_if(all, [&](const auto& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

// "cache or memory hierarchy, data read, data, level 0": a compound code is taken apart by the layout that is called
// like it; single bits speak only if they are set.
std::string code_in_words(const register_view& status, std::string_view field, const cpu_values& cpu) {
    if (!status.means(field)) return fmt::format("error code {:#x}", status.get(field));
    auto result = status.title(field);
    const auto kind = status.words(field);
    const auto* parts = layout_called(cpu, "machine_check_code_" + lower_case(kind));
    if (parts == nullptr) return result;
    for (const auto& one : parts->fields) {
        if (catalogue::is_reserved(one)) continue;
        const auto raw = catalogue::extract(status.get(field), one.msb.offset, one.lsb.offset);
        const bool flag = one.msb.offset == one.lsb.offset;
        if (flag && raw == 0) continue;
        const auto* meaning = profile::meaning_of(one, raw);
        const auto title = within_sentence(str(one.title));
        result += ", " + (meaning != nullptr ? str(meaning->title) : flag ? title : fmt::format("{} {}", title, raw));
    }
    return result;
}

// The unit that a bank of scalable MCA belongs to.
const catalogue::enumerator* unit_of(const register_view& identity, const cpu_values& cpu) {
    return cpu.enumerator("smca_bank",
                          identity.get("HARDWARE_ID") << identity.width("MCA_TYPE") | identity.get("MCA_TYPE"));
}

// "L3 cache: data had an ECC error"
std::string unit_error(const register_view& status, const register_view& identity, const cpu_values& cpu) {
    const auto extended = status.get("ERRORCODEEXT");
    const auto* unit = identity ? unit_of(identity, cpu) : nullptr;
    if (unit == nullptr) return fmt::format("extended error code {:#x}", extended);
    const auto* error = cpu.enumerator("smca_error_" + lower_case(str(unit->name)), extended);
    return fmt::format("{}: {}", str(unit->title),
                       error != nullptr ? str(error->title) : fmt::format("extended error code {:#x}", extended));
}

// SDM volume 3, 16.6.3 for S and AR; the deferred errors and the thread's context are AMD's.
std::string severity(const register_view& status) {
    if (status.is_set("PCC")) return "an uncorrected error that may have corrupted the CPU's state";
    if (status.shows("DEFERRED")) return "a deferred error (not corrected; the data are not used yet)";
    if (!status.is_set("UC")) return "a corrected error";
    if (status.shows("TCC")) return "an uncorrected error that may have corrupted the thread's context";
    if (status.shows("S") && status.shows("AR"))
        return "an uncorrected error that software must act on before it goes on";
    if (status.shows("S")) return "an uncorrected error that software may act on";
    if (status.family() == "IA32_MCi_STATUS" && status.has("S")) return "an uncorrected error that needs no action";
    return "an uncorrected error";
}

std::string address_in_words(const register_view& status, std::uint32_t bank, const cpu_values& cpu) {
    if (!status.is_set("ADDRV")) return "";
    if (const auto where = cpu.at("MCA_ADDR", bank)) return fmt::format(", at {:#x}", where.get("ERROR_ADDR"));
    if (const auto where = cpu.at("IA32_MCi_ADDR", bank)) return fmt::format(", at {:#x}", where.raw());
    return ", at the address in the bank's ADDR";
}

std::string remarks(const register_view& status) {
    struct remark {
        std::string_view field;
        std::string_view words;
    };
    static constexpr remark all[]{{"CECC", "ECC corrected it"},
                                  {"UECC", "ECC could not correct it"},
                                  {"POISON", "poisoned data were consumed"},
                                  {"SCRUB", "a scrub found it"}};
    std::string result;
    for (const auto& [field, words] : all) {
        if (status.shows(field)) result += fmt::format("; {}", words);
    }
    if (status.shows("MSCOD")) result += fmt::format("; model-specific code {:#x}", status.get("MSCOD"));
    if (status.shows("CORRECTED_ERROR_COUNT") && status.get("CORRECTED_ERROR_COUNT") > 1)
        result += fmt::format("; {} corrected errors were counted", status.get("CORRECTED_ERROR_COUNT"));
    return result;
}

}  // namespace

std::string error_in_words(const register_view& status, std::string_view code, std::uint32_t bank,
                           const cpu_values& cpu) {
    auto result = fmt::format("{}: {}", severity(status), code_in_words(status, code, cpu));
    if (status.has("SYNDV")) result += fmt::format("; {}", unit_error(status, cpu.at("MCA_IPID", bank), cpu));
    result += address_in_words(status, bank, cpu) + remarks(status);
    if (status.is_set("OVER")) result += "; more errors were lost";
    return result;
}

sentences tell_machine_check_state(const subject& about) {
    const auto& state = about.it;
    if (!state.is_set("MCIP")) return {"no machine check is being handled"};
    return {fmt::format("a machine check is being handled{}; {}; {}",
                        state.shows("LMCE_S") ? ", on this CPU alone" : "",
                        state.is_set("EIPV") ? "the saved address is that of the error"
                                             : "the saved address does not belong to the error",
                        state.is_set("RIPV") ? "the program can go on there" : "the program cannot go on")};
}

sentences tell_bank_status(const subject& about) {
    if (!about.it.is_set("VAL")) return {"the bank holds no error"};
    const auto* const code = about.it.has("MCACOD") ? "MCACOD" : "ERRORCODE";
    return {error_in_words(about.it, code, about.member, about.cpu)};
}

// Intel's, where software can recover; the other half of AMD's has no address.
sentences tell_bank_address_kind(const subject& about) {
    const auto& misc = about.it;
    if (misc.raw() == 0 || !misc.has("ADDRESS_MODE")) return {};
    const auto valid_from = static_cast<unsigned>(misc.get("RECOVERABLE_ADDRESS_LSB"));
    return {fmt::format("where the bank's status says that it is valid: the address is {}, exact to {}",
                        misc.title("ADDRESS_MODE"), bytes(std::uint64_t{1} << valid_from))};
}

sentences tell_deferred_error(const subject& about) {
    if (!about.it.is_set("VAL")) return {"the bank holds no deferred error"};
    auto result = fmt::format("a deferred error: {}; {}", code_in_words(about.it, "ERRORCODE", about.cpu),
                              unit_error(about.it, about.cpu.at("MCA_IPID", about.member), about.cpu));
    if (const auto where = about.cpu.at("MCA_DEADDR", about.member); where && about.it.is_set("ADDRV"))
        result += fmt::format(", at {:#x}", where.get("ERROR_ADDR"));
    if (about.it.is_set("OVERFLOW")) result += "; more errors were lost";
    return {result};
}

sentences tell_bank_unit(const subject& about) {
    if (about.it.raw() == 0) return {"the bank is not used"};
    const auto* unit = unit_of(about.it, about.cpu);
    if (unit == nullptr) return {};
    return {fmt::format("the bank belongs to: {}", str(unit->title))};
}

}  // namespace tool::report
