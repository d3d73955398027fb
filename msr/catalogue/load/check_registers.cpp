#include <algorithm>
#include <map>

#include "msr/catalogue/load/checks.hpp"
#include "msr/catalogue/load/exclusion.hpp"

namespace msr::catalogue::load {

namespace {

std::string plain(text words) {
    return std::string{std::string_view{words}};
}

std::string full_name(const register_entry& entry) {
    return entry.variant.empty() ? plain(entry.name) : plain(entry.name) + "@" + plain(entry.variant);
}

// Whether a register, or a member of a family, of both stands at one address.
bool share_an_address(const register_entry& one, const register_entry& other) {
    const auto last = [](const register_entry& entry) { return entry.address + entry.stride * (entry.members - 1); };
    if (one.address > last(other) || other.address > last(one)) return false;
    for (std::uint32_t member = 0; member < one.members; ++member) {
        const auto address = one.address + one.stride * member;
        if (address < other.address || address > last(other)) continue;
        if (other.stride == 0 || (address - other.address) % other.stride == 0) return true;
    }
    return false;
}

class register_checker {
  public:
    register_checker(const symbols& known, const tables& result, problems& found)
        : known_{known}, result_{result}, found_{found} {}

    void run() {
        check_names();
        check_addresses();
        check_order();
    }

  private:
    // The draft that an entry came from; none for one that was there before.
    const draft_register* draft_of(const register_entry& entry) const {
        for (const auto& draft : known_.registers) {
            // By where its place is kept, which no two share: an overlay may state what is built in once more.
            if (draft.entry.place.data() == entry.place.data()) return &draft;
        }
        return nullptr;
    }

    std::string place_of(const register_entry& entry) const {
        const auto* draft = draft_of(entry);
        if (draft == nullptr) return entry.place.empty() ? "built in" : "built in, " + plain(entry.place);
        return draft->file->name() + ":" + std::to_string(draft->file->line(draft->place));
    }

    void report(const draft_register& draft, const std::string& message) {
        found_.push_back({draft.file->name(), draft.file->line(draft.place), full_name(draft.entry) + ": " + message});
    }

    // What a user can do about a built-in entry.
    std::string way_out(const register_entry& other) const {
        return draft_of(other) == nullptr ? "; `replaces: " + full_name(other) + "` takes the other's place" : "";
    }

    void check_names() {
        std::multimap<std::string, const register_entry*> names;
        for (const auto& entry : result_.registers)
            names.emplace(plain(entry.name), &entry);
        for (const auto& draft : known_.registers) {
            const auto [first, last] = names.equal_range(plain(draft.entry.name));
            const auto same = std::find_if(first, last, [&](const auto& one) {
                return one.second->variant == draft.entry.variant && draft_of(*one.second) != &draft;
            });
            if (same != last) {
                report(draft, "another entry has this name (" + place_of(*same->second) +
                                  "); a `variant` tells them apart" + way_out(*same->second));
            }
            for (const auto& alias : draft.entry.aliases) {
                const auto other = names.find(plain(alias));
                if (other != names.end() && alias != draft.entry.name) {
                    report(draft, "the alias `" + plain(alias) + "` is another register's name (" +
                                      place_of(*other->second) + ")");
                }
            }
            check_built_in_aliases(draft);
        }
    }

    // Those of the entries that are being loaded have been compared with all names.
    void check_built_in_aliases(const draft_register& draft) {
        for (const auto& entry : known_.base_registers) {
            if (entry.name != draft.entry.name && contains(entry.aliases, std::string_view{draft.entry.name}))
                report(draft,
                       "its name is an alias of " + full_name(entry) + " (" + place_of(entry) + ")" + way_out(entry));
        }
    }

    // Registers are sorted by address, but a family reaches beyond its neighbours; so ends are compared.
    void check_addresses() {
        const auto& all = result_.registers;
        for (std::size_t at = 0; at < all.size(); ++at) {
            for (std::size_t next = at + 1; next < all.size(); ++next) {
                const auto last = all[at].address + all[at].stride * (all[at].members - 1);
                if (all[next].address > last) break;
                if (share_an_address(all[at], all[next])) check_pair(all[at], all[next]);
            }
        }
    }

    void check_pair(const register_entry& one, const register_entry& other) {
        const auto* draft = draft_of(other);
        const auto* partner = &one;
        if (draft == nullptr) {
            draft = draft_of(one);
            partner = &other;
        }
        if (draft == nullptr || !can_both_hold(one.exists, other.exists, result_)) return;
        report(*draft, "it and " + full_name(*partner) + " (" + place_of(*partner) +
                           ") share an address, and their conditions do not exclude each other" + way_out(*partner));
    }

    void check_order() {
        for (const auto& draft : known_.registers) {
            for (const auto& name : draft.entry.restore_after) {
                if (find_named(result_.registers, name) == result_.registers.end())
                    report(draft, "it is restored after `" + plain(name) + "`, which is no register");
            }
            std::vector<text> path{draft.entry.name};
            if (comes_round(path)) report(draft, "the registers that it is restored after are restored after it");
        }
    }

    // Whether following `restore_after` from the path's last name leads to its first.
    bool comes_round(std::vector<text>& path) const {
        for (const auto& entry : result_.registers) {
            if (entry.name != path.back()) continue;
            for (const auto& before : entry.restore_after) {
                if (before == path.front()) return true;
                // Another's circle is reported there.
                if (std::ranges::find(path, before) != path.end()) continue;
                path.push_back(before);
                if (comes_round(path)) return true;
                path.pop_back();
            }
        }
        return false;
    }

    const symbols& known_;
    const tables& result_;
    problems& found_;
};

}  // namespace

void check_registers(const symbols& known, const tables& result, problems& found) {
    register_checker{known, result, found}.run();
}

}  // namespace msr::catalogue::load
