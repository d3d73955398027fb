// For tests: a recorded machine, changed in places, and the report on it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "msr/core/access.hpp"
#include "msr/host/recorded_machines.hpp"
#include "msr/host/snapshot.hpp"
#include "tools/msr/report/meaning.hpp"
#include "tools/msr/report/report.hpp"

namespace tool::report {

using host::epyc;
using host::haswell;
using host::tiger_lake;

class recording {
  public:
    explicit recording(const std::filesystem::path& path) {
        auto loaded = host::load_snapshot(path);
        if (!loaded) throw std::runtime_error{loaded.error().line()};
        content_ = std::move(*loaded);
    }

    [[nodiscard]] host::snapshot& content() { return content_; }

    /// As if the register held the value, on one CPU by its position or on all.
    template <class R>
    recording& set(R value, std::size_t cpu = all) {
        return set_address(R::address, value.raw(), cpu);
    }
    template <class R>
    recording& set_member(std::uint32_t number, R value, std::size_t cpu = all) {
        return set_address(*msr::member_address<R>(number), value.raw(), cpu);
    }
    template <class R>
    recording& refuse() {
        return set_address(R::address, std::unexpected{msr::fault{.index = R::address}}, all);
    }
    recording& refuse_everything() {
        for (std::size_t cpu = 0; cpu < content_.registers.cpus().size(); ++cpu)
            std::ranges::fill(content_.registers.row(cpu), std::unexpected{msr::fault{}});
        return *this;
    }

    /// CPUID's answer, to be changed; a leaf that was not recorded is added.
    profile::cpuid_answer& cpuid(std::uint32_t leaf, std::uint32_t subleaf, std::uint32_t cpu = 0) {
        auto& leaves = content_.cpuid.at(cpu);
        const auto place = std::ranges::lower_bound(leaves, std::pair{leaf, subleaf}, {},
                                                    [](const auto& one) { return std::pair{one.leaf, one.subleaf}; });
        if (place != leaves.end() && place->leaf == leaf && place->subleaf == subleaf) return place->answer;
        return leaves.insert(place, {leaf, subleaf, {}})->answer;
    }

    /// As if CPUID of the first CPU announced the feature, or did not.
    recording& announce(const msr::catalogue::cpuid_bits& feature, bool there) {
        auto& word = cpuid(feature.leaf, feature.subleaf).*msr::catalogue::member_of(feature.reg);
        const auto bit = std::uint32_t{1} << feature.lsb;
        word = there ? word | bit : word & ~bit;
        return *this;
    }

    /// A second CPU that is like the first.
    recording& double_cpu() {
        const std::vector<std::uint32_t> cpus{0, 1};
        host::readings both{cpus, content_.registers.addresses()};
        for (const std::size_t cpu : {0U, 1U})
            std::ranges::copy(std::as_const(content_.registers).row(0), both.row(cpu).begin());
        content_.registers = std::move(both);
        content_.cpuid[1] = content_.cpuid[0];
        return *this;
    }

    [[nodiscard]] document report(const kernel_entry& kernel = {}) const {
        const temporary file{content_};
        auto opened = session::open({.from = file.path});
        if (!opened) throw std::runtime_error{opened.error().line()};
        auto where = surroundings_of(*opened);
        where.kernel = kernel;
        return make(*opened, where);
    }

    /// What a value of a register says on the first CPU.
    [[nodiscard]] std::string meaning(std::string_view name, std::uint64_t value) const {
        const temporary file{content_};
        auto opened = session::open({.from = file.path});
        if (!opened) throw std::runtime_error{opened.error().line()};
        const auto targets = catalogue::find_by_name(opened->facts(), name);
        if (!targets || targets->empty()) throw std::runtime_error{fmt::format("no register {}", name)};
        std::vector<const catalogue::register_entry*> entries;
        for (const auto& one : *targets)
            entries.push_back(one.entry);
        opened->learn(entries);
        const auto cpu = opened->cpus().front();
        const auto* here = on_cpu(*targets, opened->cpu(cpu));
        if (here == nullptr) throw std::runtime_error{fmt::format("{} is not on this CPU", name)};
        return joined(meanings{opened->facts(), &*opened}.of(*here, value, cpu), "; ");
    }

  private:
    static constexpr std::size_t all = ~std::size_t{0};

    struct temporary {
        explicit temporary(const host::snapshot& content)
            : path{std::filesystem::temp_directory_path() / fmt::format("msr-report-{}.json", ::getpid())} {
            if (const auto saved = host::save_snapshot(content, path); !saved)
                throw std::runtime_error{saved.error().line()};
        }
        temporary(const temporary&) = delete;
        temporary& operator=(const temporary&) = delete;
        ~temporary() { std::filesystem::remove(path); }
        std::string path;
    };

    recording& set_address(std::uint32_t address, const msr::result<std::uint64_t>& value, std::size_t cpu) {
        const auto at = position(address);
        for (std::size_t one = 0; one < content_.registers.cpus().size(); ++one) {
            if (cpu == all || cpu == one) content_.registers.row(one)[at] = value;
        }
        return *this;
    }

    // Of the address among the recorded ones; it is added if it is not there.
    std::size_t position(std::uint32_t address) {
        const auto known = content_.registers.addresses();
        const auto place = std::ranges::lower_bound(known, address);
        const auto at = static_cast<std::size_t>(place - known.begin());
        if (place != known.end() && *place == address) return at;
        std::vector<std::uint32_t> addresses(known.begin(), known.end());
        addresses.insert(addresses.begin() + static_cast<std::ptrdiff_t>(at), address);
        host::readings wider{content_.registers.cpus(), addresses};
        for (std::size_t cpu = 0; cpu < wider.cpus().size(); ++cpu) {
            const auto old = std::as_const(content_.registers).row(cpu);
            std::ranges::copy(old.first(at), wider.row(cpu).begin());
            std::ranges::copy(old.subspan(at), wider.row(cpu).begin() + static_cast<std::ptrdiff_t>(at) + 1);
        }
        content_.registers = std::move(wider);
        return at;
    }

    host::snapshot content_;
};

/// The rows of a section that have this label.
[[nodiscard]] inline std::vector<row> rows(const document& from, std::string_view section_key, std::string_view label) {
    std::vector<row> result;
    for (const auto& part : from.sections) {
        if (part.key != section_key) continue;
        std::ranges::copy_if(part.rows, std::back_inserter(result), [&](const row& one) { return one.label == label; });
    }
    return result;
}

/// The only such row.
[[nodiscard]] inline row only(const document& from, std::string_view section_key, std::string_view label) {
    const auto found = rows(from, section_key, label);
    if (found.size() != 1)
        throw std::runtime_error{fmt::format("{} rows are called {}.{}", found.size(), section_key, label)};
    return found.front();
}

/// "IA32_EFER.SCE=1" stands among the row's evidence.
[[nodiscard]] inline bool has_evidence(const row& from, std::string_view where, std::string_view field,
                                       std::string_view value) {
    return std::ranges::any_of(
        from.says, [&](const evidence& one) { return one.where == where && one.field == field && one.value == value; });
}

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace tool::report
