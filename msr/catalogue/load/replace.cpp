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

class replacer {
  public:
    replacer(symbols& known, problems& found)
        : known_{known}, found_{found}, replaced_by_(known.base_registers.size()) {}

    // The entries that stay.
    std::vector<register_entry> run() {
        for (const auto& draft : known_.registers) {
            if (!draft.replaces.empty()) replace(draft);
        }
        std::vector<register_entry> rest;
        for (std::size_t at = 0; at < replaced_by_.size(); ++at) {
            if (replaced_by_[at] == nullptr) rest.push_back(known_.base_registers[at]);
        }
        return rest;
    }

  private:
    void report(const draft_register& draft, const std::string& message) {
        found_.push_back({draft.file->name(), draft.file->line(draft.place),
                          string_of(draft.entry.name) + ": it replaces `" + draft.replaces + "`, " + message});
    }

    void replace(const draft_register& draft) {
        const std::string_view wanted{draft.replaces};
        const auto at = wanted.find('@');
        const auto name = wanted.substr(0, at);
        const auto variant = at == std::string_view::npos ? std::string_view{} : wanted.substr(at + 1);
        std::string others;
        for (std::size_t index = 0; index < replaced_by_.size(); ++index) {
            const auto& entry = known_.base_registers[index];
            if (entry.name != name) continue;
            if (entry.variant == variant) return take(draft, index);
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

    symbols& known_;
    problems& found_;
    std::vector<const draft_register*> replaced_by_;
};

}  // namespace

void replace_registers(symbols& known, store& keep, problems& found) {
    known.base_registers = keep.keep(replacer{known, found}.run());
}

}  // namespace msr::catalogue::load
