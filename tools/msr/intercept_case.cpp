#include "tools/msr/intercept_case.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "msr/host/files.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace virt = msr::virt;

namespace {

// More than any policy takes; a hostile file must not fill the memory.
constexpr std::size_t most_policy_bytes = 1 << 20;

template <class Entries>
auto entry_named(const Entries& entries, std::string_view name) {
    return std::ranges::find_if(entries, [&](const auto& one) { return one.name == name; });
}

std::string all_names(const auto& entries) {
    std::string result;
    for (const auto& one : entries)
        result += (result.empty() ? "" : ", ") + str(one.name);
    return result;
}

std::string problem_sentence(const catalogue::load::problem& one) {
    return one.line > 0 ? fmt::format("{}:{}: {}", one.file, one.line, one.message) : one.file + ": " + one.message;
}

std::optional<std::uint32_t> member_in(const catalogue::policy_row& row, std::uint32_t index) {
    for (const auto& these : row.registers) {
        const auto offset = index - these.first;
        if (index >= these.first && offset % these.stride == 0 && offset / these.stride < these.count)
            return offset / these.stride;
    }
    return std::nullopt;
}

}  // namespace

host::outcome<std::unique_ptr<intercept_case>> intercept_case::open(const intercept_names& names) {
    std::unique_ptr<intercept_case> result{new intercept_case};
    for (const auto step : {&intercept_case::find_policy, &intercept_case::find_cpus, &intercept_case::choose_map,
                            &intercept_case::set_inputs, &intercept_case::load_filter}) {
        if (const auto good = (*result.*step)(names); !good) return std::unexpected{good.error()};
    }
    result->decide();
    return result;
}

host::outcome<void> intercept_case::find_policy(const intercept_names& names) {
    auto loaded = tool::facts::load(names.catalogue);
    if (!loaded) return std::unexpected{loaded.error()};
    base_ = std::move(*loaded);
    facts_ = &**base_;
    if (const auto known = entry_named(facts_->policies, names.policy); known != facts_->policies.end()) {
        policy_ = known;
        return {};
    }
    std::error_code ignored;
    if (!std::filesystem::exists(names.policy, ignored))
        return host::bad_input(fmt::format("there is no policy and no file `{}`", names.policy),
                               "the policies are " + all_names(facts_->policies));
    const auto text = host::read_file(names.policy, most_policy_bytes);
    if (!text) return host::bad_input("cannot read " + names.policy, host::describe_errno(text.error()));
    if (text->find_first_not_of(" \t\r\n") == std::string::npos)
        return host::bad_input(names.policy + " holds no policy", "it is empty");
    auto read = catalogue::load::load_text(names.policy, *text, *facts_);
    if (!read) return host::bad_input(problem_sentence(read.error().front()));
    if (read->tables().policies.size() != facts_->policies.size() + 1)
        return host::bad_input(names.policy + " holds no policy");
    own_ = std::move(*read);
    for (const auto& one : own_->tables().policies) {
        if (entry_named(facts_->policies, std::string_view{one.name}) == facts_->policies.end()) policy_ = &one;
    }
    facts_ = &own_->tables();
    return {};
}

host::outcome<void> intercept_case::find_cpus(const intercept_names& names) {
    const auto find = [&](const std::string& profile, const std::vector<std::string>& features, cpu_description& into,
                          std::optional<profile::profile>& as) -> host::outcome<void> {
        common_options options;
        options.profile = profile;
        if (profile.empty()) options.from = names.from;
        options.features = features;
        auto cpu = find_cpu(*facts_, options);
        if (!cpu) return std::unexpected{cpu.error()};
        into = std::move(*cpu);
        as.emplace(*facts_, into.cpuid, into.registers);
        return {};
    };
    for (const auto& one : names.features)
        guest_changes_ += (guest_changes_.empty() ? " with " : ",") + one;
    if (auto guest = find(names.guest, names.features, guest_cpu_, guest_); !guest) return guest;
    return find(names.host.empty() ? names.guest : names.host, {}, host_cpu_, host_);
}

host::outcome<void> intercept_case::choose_map(const intercept_names& names) {
    using catalogue::extension;
    const auto of = policy_->on;
    svm_ = of == extension::any ? host_->has("svm") : of == extension::svm;
    if (names.vendor.empty()) return {};
    if (names.vendor != "vmx" && names.vendor != "svm")
        return host::bad_input(fmt::format("`{}` has no map of its own", names.vendor), "there are vmx and svm");
    const bool wanted = names.vendor == "svm";
    if (of != extension::any && wanted != svm_)
        return host::bad_input(fmt::format("the policy {} is for {}", str(policy_->name), svm_ ? "SVM" : "VMX"));
    svm_ = wanted;
    return {};
}

host::outcome<void> intercept_case::set_inputs(const intercept_names& names) {
    for (const auto& name : names.set) {
        const msr::text word{name.data(), name.size()};
        const auto setting = virt::input_bit(facts_->settings, word);
        const auto state = virt::input_bit(facts_->states, word);
        if ((setting | state) == 0)
            return host::bad_input(
                fmt::format("no setting and no state is called `{}`", name),
                fmt::format("settings: {}; states: {}", all_names(facts_->settings), all_names(facts_->states)));
        settings_ |= setting;
        states_ |= state;
    }
    return {};
}

host::outcome<void> intercept_case::load_filter(const intercept_names& names) {
    if (names.filter.empty()) return {};
    auto loaded = load_kvm_filter(names.filter, *facts_);
    if (!loaded) return std::unexpected{loaded.error()};
    filter_ = std::move(*loaded);
    return {};
}

void intercept_case::decide() {
    const virt::policy_inputs inputs{*host_, *guest_, settings_};
    const auto filter = filter_ ? **filter_ : virt::kvm_filter{};
    if (svm_) {
        map_ = virt::decided_map<virt::svm::msr_permission_map>(*policy_, inputs, filter, states_);
    } else {
        map_ = virt::decided_map<virt::vmx::msr_bitmap>(*policy_, inputs, filter, states_);
    }
}

std::string intercept_case::doubt() const {
    for (const auto& [cpu, called] : {std::pair{&*host_, &host_cpu_}, std::pair{&*guest_, &guest_cpu_}}) {
        const bool vmx = cpu->has("vmx");
        const bool svm = cpu->has("svm");
        if (svm_ ? vmx && !svm : svm && !vmx)
            return fmt::format("the decisions are for {}, and {} has {} in its place", svm_ ? "SVM" : "VMX",
                               called->name, svm_ ? "VMX" : "SVM");
    }
    return {};
}

std::vector<std::string> intercept_case::inputs_set() const {
    std::vector<std::string> result;
    const auto add = [&](const auto& inputs, std::uint64_t set) {
        for (std::size_t at = 0; at < inputs.size(); ++at) {
            if ((set >> at & 1U) != 0) result.push_back(str(inputs[at].name));
        }
    };
    add(facts_->settings, settings_);
    add(facts_->states, states_);
    return result;
}

bool intercept_case::exits(std::uint32_t index, msr::direction access) const {
    return std::visit([&](const auto& map) { return map.intercepts(index, access); }, map_);
}

bool intercept_case::covered(std::uint32_t index) const {
    return std::visit([&](const auto& map) { return map.bit_of(index, msr::direction::read).has_value(); }, map_);
}

std::string_view intercept_case::map_bytes() const {
    return std::visit([](const auto& map) { return std::string_view{reinterpret_cast<const char*>(&map), sizeof map}; },
                      map_);
}

std::vector<row_verdict> intercept_case::rows_of(std::uint32_t index, msr::direction access) const {
    const virt::policy_inputs inputs{*host_, *guest_, settings_};
    const policy_moment now{inputs, states_};
    std::vector<row_verdict> result;
    for (const auto& row : policy_->rows) {
        const auto member = member_in(row, index);
        if (!member || !(access == msr::direction::read ? row.reads : row.writes)) continue;
        row_verdict one{&row, catalogue::test(row.when, now), std::nullopt};
        if (!row.members.empty()) {
            const auto count = catalogue::evaluate<std::int64_t>(row.members, now);
            const auto most = count.known && count.value > 0 ? static_cast<std::uint32_t>(count.value) : 0;
            if (*member >= most) one.beyond = most;
        }
        result.push_back(one);
    }
    return result;
}

const catalogue::policy_row* intercept_case::passing_row(std::uint32_t index, msr::direction access) const {
    if (exits(index, access)) return nullptr;
    for (const auto& one : rows_of(index, access)) {
        if (one.row->passes && one.counts()) return one.row;
    }
    return nullptr;
}

std::string intercept_case::filter_words(std::uint32_t index, msr::direction access) const {
    if (!filter_) return {};
    const auto decision = (**filter_).decide(index, access);
    return fmt::format("{} by {}", decision.allowed ? "allowed" : "denied", decider_in_words(decision));
}

std::vector<std::uint32_t> intercept_case::addresses() const {
    std::set<std::uint32_t> result;
    for (const auto& row : policy_->rows) {
        for (const auto& these : row.registers) {
            for (std::uint32_t member = 0; member < these.count; ++member)
                result.insert(these.first + member * these.stride);
        }
    }
    return {result.begin(), result.end()};
}

}  // namespace tool
