// What one CPU said, by the catalogue's names: what the topics are written with.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/msr/report/tree.hpp"
#include "tools/msr/session.hpp"
#include "tools/msr/values.hpp"

namespace tool::report {

/// The built-in registers and their fields by name. A name that is not built in is a mistake in this program, and
/// throws: a misspelt one would silently read as "absent".
class names {
  public:
    explicit names(const catalogue::tables& facts);
    /// Those of `facts` that are called so: a user's, and what it replaces, are not among them.
    [[nodiscard]] std::span<const catalogue::target> find(std::string_view name) const;
    [[nodiscard]] bool is_built_in(const catalogue::register_entry& entry) const;
    void require_field(std::string_view name, std::string_view field) const;

  private:
    struct namesakes {
        std::vector<const catalogue::register_entry*> built_in;
        std::vector<catalogue::target> here;
    };
    [[nodiscard]] const namesakes& called(std::string_view name) const;

    std::map<std::string_view, namesakes> entries_;
};

/// One register on one CPU: what it holds, or why that is not known.
class register_view {
  public:
    register_view(const names& all, std::string_view name, std::uint32_t member, const profile::profile* cpu,
                  std::span<const std::uint32_t> addresses, std::span<const msr::result<std::uint64_t>> values);

    /// One that was read already, or a value that somebody names. Without a CPU nothing is scaled, and fields are
    /// absent where other CPUs have others.
    register_view(const catalogue::target& what, layout fields, std::uint64_t value, const profile::profile* cpu);

    /// This CPU has it, or may have it.
    [[nodiscard]] bool exists() const { return entry_ != nullptr; }
    /// It exists and was read.
    explicit operator bool() const { return value_.has_value(); }
    [[nodiscard]] std::uint64_t raw() const { return value_.value_or(0); }
    /// Why it was not read: "refused by the CPU".
    [[nodiscard]] std::string why_not() const;

    /// On this CPU the register has the field.
    [[nodiscard]] bool has(std::string_view field) const { return find(field) != nullptr; }
    /// The field's bits; 0 where there is no such field or the register was not read.
    [[nodiscard]] std::uint64_t get(std::string_view field) const;
    [[nodiscard]] bool is_set(std::string_view field) const { return get(field) != 0; }
    /// How many bits the field has; 0 where there is no such field.
    [[nodiscard]] unsigned width(std::string_view field) const;
    /// The register has the field, and it is not zero. Here a name that no register of this name has is none too: for
    /// registers of one purpose and different fields.
    [[nodiscard]] bool shows(std::string_view field) const;
    /// The address that the field holds, in its place.
    [[nodiscard]] std::uint64_t address(std::string_view field) const;
    /// The highest one that it can hold.
    [[nodiscard]] std::uint64_t highest_address(std::string_view field) const;
    [[nodiscard]] std::string words(std::string_view field) const;
    /// The catalogue has a word for the field's value.
    [[nodiscard]] bool means(std::string_view field) const;
    /// The meaning of the field's value at more length than words(), or the same.
    [[nodiscard]] std::string title(std::string_view field) const;
    [[nodiscard]] std::optional<double> scaled(std::string_view field) const;
    /// The names of all fields that are not zero, from the lowest bit up.
    [[nodiscard]] std::vector<std::string> set_fields() const;

    [[nodiscard]] evidence says(std::string_view field) const { return {name_, std::string{field}, words(field)}; }
    [[nodiscard]] evidence says_hex(std::string_view field) const {
        return {name_, std::string{field}, hex(get(field))};
    }
    [[nodiscard]] evidence says_all() const { return {name_, "", value_ ? hex(*value_) : why_not()}; }
    [[nodiscard]] const std::string& name() const { return name_; }
    /// The catalogue's name: of all members of a family.
    [[nodiscard]] std::string_view family() const { return family_; }

  private:
    [[nodiscard]] const profile::resolved_field* find(std::string_view field) const;
    [[nodiscard]] const profile::resolved_field* find_if_there(std::string_view field) const;
    // No other field that the register can have shares its bits.
    [[nodiscard]] bool is_alone(const profile::resolved_field& field) const;

    const names* all_ = nullptr;
    const profile::profile* cpu_ = nullptr;
    std::string_view family_;  // the catalogue's name of all members
    std::string name_;
    const catalogue::register_entry* entry_ = nullptr;
    std::optional<layout> fields_;
    std::optional<std::uint64_t> value_;
    msr::cause why_ = msr::cause::not_recorded;
};

/// One CPU: its registers, features and quantities. What it refers to must outlive it.
class cpu_values {
  public:
    cpu_values(const names& all, std::uint32_t number, const profile::profile& cpu,
               std::span<const std::uint32_t> addresses, std::span<const msr::result<std::uint64_t>> values)
        : names_{&all}, facts_{&cpu.facts()}, number_{number}, cpu_{&cpu}, addresses_{addresses}, values_{values} {}

    /// No CPU: of every register it is not known what it holds.
    cpu_values(const names& all, const catalogue::tables& facts) : names_{&all}, facts_{&facts} {}

    [[nodiscard]] bool known() const { return cpu_ != nullptr; }
    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] const profile::profile& cpu() const { return *cpu_; }
    [[nodiscard]] const catalogue::tables& facts() const { return *facts_; }
    /// What an enumeration of the catalogue calls a value; null where it does not.
    [[nodiscard]] const catalogue::enumerator* enumerator(std::string_view enumeration, std::uint64_t value) const;

    /// A register by its address, as a bus has it: for the library's own questions.
    [[nodiscard]] msr::result<std::uint64_t> read(std::uint32_t address) const;
    /// CPUID, for the same.
    [[nodiscard]] profile::cpuid_answer operator()(std::uint32_t leaf, std::uint32_t subleaf) const {
        return catalogue::find(cpu_->cpuid(), leaf, subleaf);
    }

    [[nodiscard]] register_view at(std::string_view name, std::uint32_t member = 0) const {
        return {*names_, name, member, cpu_, addresses_, values_};
    }
    /// The first of these registers that the CPU has: one purpose, a name for each vendor or generation.
    [[nodiscard]] register_view first_of(std::initializer_list<std::string_view> candidates) const;
    /// How many members of a family the CPU has; 0 if it has none.
    [[nodiscard]] std::uint32_t members(std::string_view name) const;

    [[nodiscard]] bool has(std::string_view feature) const;
    /// The feature's bit: CPUID.07H.0:EDX[10], MD_CLEAR, 1.
    [[nodiscard]] evidence feature(std::string_view name) const;
    [[nodiscard]] std::uint32_t quantity(std::string_view name) const;
    /// "CPUID.16H:EAX", BASE_MHZ, 2300.
    [[nodiscard]] evidence says_quantity(std::string_view name) const;

  private:
    [[nodiscard]] std::string place(const catalogue::cpuid_bits& where) const;

    const names* names_;
    const catalogue::tables* facts_;
    std::uint32_t number_ = 0;
    const profile::profile* cpu_ = nullptr;
    std::span<const std::uint32_t> addresses_;
    std::span<const msr::result<std::uint64_t>> values_;
};

/// "one, two, three"
[[nodiscard]] std::string joined(std::span<const std::string> words, std::string_view between = ", ");

}  // namespace tool::report
