// Entries of the user's that take the place of built-in ones.
#include <algorithm>

#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

namespace {

std::string string_of(const text& words) {
    return std::string{std::string_view{words}};
}

std::string place_of(const draft_register& draft) {
    return draft.file->name() + ":" + std::to_string(draft.file->line(draft.place));
}

struct full_name {
    std::string_view name;
    std::string_view variant;
};

full_name named(std::string_view words) {
    const auto at = words.find('@');
    return {words.substr(0, at), at == std::string_view::npos ? std::string_view{} : words.substr(at + 1)};
}

class replacer {
  public:
    replacer(symbols& known, store& keep, problems& found)
        : known_{known}, keep_{keep}, found_{found}, replaced_by_(known.base_registers.size()) {}

    // The entries that stay.
    std::vector<register_entry> run() {
        for (const auto& draft : known_.registers) {
            if (!draft.replaces.empty()) replace(draft);
        }
        std::vector<register_entry> rest;
        for (std::size_t at = 0; at < replaced_by_.size(); ++at) {
            if (replaced_by_[at] != nullptr) continue;
            rest.push_back(known_.base_registers[at]);
            rename_order(rest.back());
        }
        return rest;
    }

  private:
    void report(const draft_register& draft, const std::string& message) {
        found_.push_back({draft.file->name(), draft.file->line(draft.place),
                          string_of(draft.entry.name) + ": it replaces `" + draft.replaces + "`, " + message});
    }

    void replace(const draft_register& draft) {
        if (const auto* entry = find_base_register(known_, draft.replaces); entry != nullptr)
            return take(draft, static_cast<std::size_t>(entry - known_.base_registers.begin()));
        std::string others;
        for (const auto& entry : known_.base_registers) {
            if (entry.name == named(draft.replaces).name)
                others += (others.empty() ? "" : " or ") + string_of(entry.name) +
                          (entry.variant.empty() ? "" : "@" + string_of(entry.variant));
        }
        report(draft, others.empty() ? "which is not built in" : "which is not built in: is it " + others + "?");
    }

    void take(const draft_register& draft, std::size_t index) {
        auto& by = replaced_by_[index];
        if (by != nullptr) return report(draft, "and so does " + place_of(*by));
        by = &draft;
    }

    // What was restored after the entry that goes is restored after the one that comes.
    void rename_order(register_entry& entry) {
        std::vector<text> names(entry.restore_after.begin(), entry.restore_after.end());
        bool renamed = false;
        for (std::size_t at = 0; at < replaced_by_.size(); ++at) {
            const auto& gone = known_.base_registers[at].name;
            if (replaced_by_[at] == nullptr || replaced_by_[at]->entry.name == gone) continue;
            if (std::ranges::find(names, gone) == names.end()) continue;
            // Its other variants may stay.
            names.push_back(replaced_by_[at]->entry.name);
            renamed = true;
        }
        if (renamed) entry.restore_after = keep_.keep(std::move(names));
    }

    symbols& known_;
    store& keep_;
    problems& found_;
    std::vector<const draft_register*> replaced_by_;
};

}  // namespace

const register_entry* find_base_register(const symbols& known, std::string_view full_name) {
    const auto wanted = named(full_name);
    const auto at = std::ranges::find_if(known.base_registers, [&](const register_entry& entry) {
        return entry.name == wanted.name && entry.variant == wanted.variant;
    });
    return at == known.base_registers.end() ? nullptr : &*at;
}

void replace_registers(symbols& known, store& keep, problems& found) {
    known.base_registers = keep.keep(replacer{known, keep, found}.run());
}

}  // namespace msr::catalogue::load
