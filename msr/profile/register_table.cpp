#include "msr/profile/register_table.hpp"

namespace msr::profile {

namespace {

using catalogue::holds;
using catalogue::register_entry;
using place = address_slot::place;

std::uint32_t address_of_member(const register_entry& entry, std::uint32_t member) {
    return entry.address + entry.stride * member;
}

constexpr catalogue::instruction never[]{{.code = catalogue::operation::number, .operand = 0}};
constexpr check nowhere{.kind = check_kind::present, .condition = {never, 1}};

// A model can give a register to the hypervisor alone.
holds presence_for_any(const register_entry& entry, const profile& cpu, viewpoint from) {
    from.by_host = false;
    if (const auto there = presence(entry, cpu, from); there != holds::no) return there;
    from.by_host = true;
    return presence(entry, cpu, from);
}

// Calls visit(entry, members) for every register that the CPU may have: those that the catalogue gives it, then those
// that only the model has, which give way where an address is taken.
template <class Visit>
void each_register(const profile& cpu, const viewpoint& from, Visit visit) {
    for (const bool by_model : {false, true}) {
        if (by_model && from.model == nullptr) break;
        for (const auto& entry : cpu.facts().registers) {
            if ((exists(entry, cpu) == holds::no) != by_model) continue;
            if (presence_for_any(entry, cpu, from) == holds::no) continue;
            // What the CPU does not count the model has whole.
            const auto members = by_model ? entry.members : member_count(entry, cpu);
            if (members != 0) visit(entry, members);
        }
    }
}

constexpr bool contains(view<std::uint32_t> list, std::uint32_t wanted) {
    for (const auto one : list) {
        if (one == wanted) return true;
    }
    return false;
}

}  // namespace

class table_builder {
  public:
    table_builder(const profile& cpu, const table_options& options, const table_storage& storage)
        : cpu_{cpu},
          guest_{.model = options.model, .rules = options.rules, .by_host = false},
          host_{.model = options.model, .rules = options.rules, .by_host = true},
          backed_{options.backed},
          storage_{storage} {}

    register_table run(std::size_t slots) {
        for (std::size_t at = 0; at < slots; ++at)
            storage_.slots.first[at] = {};
        table_.mask_ = slots - 1;
        table_.slots_ = {storage_.slots.first, slots};
        each_register(cpu_, guest_,
                      [this](const register_entry& entry, std::uint32_t members) { add(entry, members); });
        table_.rows_ = {storage_.rows.first, rows_};
        table_.initial_ = {storage_.initial.first, initial_};
        table_.constants_ = {storage_.constants.first, constants_};
        return table_;
    }

  private:
    void add(const register_entry& entry, std::uint32_t members) {
        const auto layout = resolve(entry, cpu_, storage_.fields.first);
        auto& row = storage_.rows.first[rows_];
        row.guest = build(layout, guest_);
        row.host = build(layout, host_);
        row.quick = quick_write{row.guest};
        bool used = false;
        for (std::uint32_t member = 0; member < members; ++member)
            used = put(entry, address_of_member(entry, member), row) || used;
        if (used) ++rows_;
    }

    behaviour build(const resolved_register& layout, const viewpoint& from) {
        if (presence(*layout.entry, cpu_, from) == holds::no)
            return {.entry = layout.entry, .checks = {&nowhere, 1}, .readable = false, .writable = false};
        auto& room = storage_.checks;
        const auto result = behaviour_of(layout, cpu_, from, room);
        room.first += result.checks.size();
        room.room -= result.checks.size();
        return result;
    }

    // False where the address is taken already.
    bool put(const register_entry& entry, std::uint32_t address, const register_row& row) {
        auto at = register_table::hash(address);
        while (storage_.slots.first[at & table_.mask_].where != place::empty) {
            if (storage_.slots.first[at & table_.mask_].address == address) return false;
            ++at;
        }
        auto& slot = storage_.slots.first[at & table_.mask_];
        slot = {.row = &row, .address = address};
        const auto value = cpu_.listed_value(address).value_or(entry.reset);
        if (contains(backed_, address)) {
            slot.where = place::backed;
        } else if (row.guest.writable || row.host.writable || entry.varies == catalogue::variation::changing) {
            slot.where = place::variable;
            slot.quick = row.quick.is_usable();
            slot.index = static_cast<std::uint16_t>(initial_);
            storage_.initial.first[initial_++] = value;
        } else {
            slot.where = place::constant;
            slot.index = static_cast<std::uint16_t>(constants_);
            storage_.constants.first[constants_++] = value;
        }
        return true;
    }

    const profile& cpu_;
    viewpoint guest_;
    viewpoint host_;
    view<std::uint32_t> backed_;
    table_storage storage_;
    register_table table_;
    std::size_t rows_ = 0;
    std::size_t initial_ = 0;
    std::size_t constants_ = 0;
};

table_size register_table::size_for(const profile& cpu, const table_options& options) {
    const viewpoint from{.model = options.model, .rules = options.rules};
    table_size result;
    std::size_t addresses = 0;
    each_register(cpu, from, [&](const register_entry& entry, std::uint32_t members) {
        ++result.rows;
        result.checks += 2 * most_checks(entry, from);
        if (entry.fields.size() > result.fields) result.fields = entry.fields.size();
        addresses += members;
    });
    result.initial = result.constants = addresses;
    // Half empty, so that a search ends soon.
    for (result.slots = 2; result.slots < 2 * addresses; result.slots *= 2) {
    }
    return result;
}

std::expected<register_table, table_size> register_table::make(const profile& cpu, const table_options& options,
                                                               const table_storage& storage) {
    const auto needed = size_for(cpu, options);
    if (storage.rows.room < needed.rows || storage.checks.room < needed.checks || storage.slots.room < needed.slots ||
        storage.initial.room < needed.initial || storage.constants.room < needed.constants ||
        storage.fields.room < needed.fields)
        return std::unexpected{needed};
    return table_builder{cpu, options, storage}.run(needed.slots);
}

}  // namespace msr::profile
