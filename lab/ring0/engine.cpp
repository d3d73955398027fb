#include "lab/ring0/engine.hpp"

#include "lab/image/ports.hpp"
#include "lab/ring0/tap.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/cpu_version.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/rules/all.hpp"

namespace msr::ring0 {
namespace {

constexpr std::size_t memory_size = 16U << 20;
alignas(16) std::byte memory[memory_size];
std::size_t memory_used = 0;

/// The tables' elements are simple values: memory is all that they need to begin to be.
template <class Element>
profile::buffer<Element> take(std::size_t count) {
    memory_used = (memory_used + alignof(Element) - 1) / alignof(Element) * alignof(Element);
    auto* const first = reinterpret_cast<Element*>(memory + memory_used);
    memory_used += count * sizeof(Element);
    if (memory_used > memory_size) bail_out("the engine's tables need more than ", memory_size, " bytes");
    return {first, count};
}

const catalogue::model_entry* find_model(text name) {
    for (const auto& one : catalogue::built_in().models) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

bool is_qemu() {
    // "TCGTCGTCGTCG": QEMU's own CPU, whatever model it plays (QEMU, target/i386/cpu.c).
    const auto answer = profile::native_cpuid(profile::first_hypervisor_base, 0);
    return catalogue::spells("TCGTCGTCGTCG", answer.ebx, answer.ecx, answer.edx);
}

}  // namespace

machine this_machine() {
    if (is_qemu()) return machine::qemu;
    return lab::in(lab::console_port) == lab::console_port ? machine::bochs : machine::other;
}

void description::read_this_cpu() {
    leaf_count_ = 0;
    profile::walk_cpuid(profile::native_cpuid, [this](const profile::cpuid_leaf& leaf) {
        if (leaf_count_ == most_leaves) bail_out("CPUID has more than ", most_leaves, " leaves");
        leaves_[leaf_count_++] = leaf;
    });
    known_count_ = 0;
    describe();
    read_reporting_registers();
    describe();
}

// Whether CPUID rules a register out is all that is known yet; a refusal tells the rest.
void description::read_reporting_registers() {
    for (const auto& entry : catalogue::built_in().registers) {
        if (entry.access != catalogue::access::read_only || entry.members != 1) continue;
        if (profile::exists(entry, cpu()) == catalogue::holds::no) continue;
        const bool again = known_count_ != 0 && known_[known_count_ - 1].address == entry.address;
        const auto value = native_bus{}.read(entry.address);
        if (!value || again) continue;
        if (known_count_ == most_registers) bail_out("more than ", most_registers, " registers report capabilities");
        known_[known_count_++] = {entry.address, *value};
    }
}

void description::describe() {
    cpu_.emplace(catalogue::built_in(), view<profile::cpuid_leaf>{leaves_, leaf_count_},
                 view<profile::known_register>{known_, known_count_});
}

void description::copy_without(const description& other, text feature) {
    leaf_count_ = other.leaf_count_;
    known_count_ = other.known_count_;
    for (std::size_t at = 0; at < leaf_count_; ++at)
        leaves_[at] = other.leaves_[at];
    for (std::size_t at = 0; at < known_count_; ++at)
        known_[at] = other.known_[at];
    hide(feature);
    describe();
}

void description::hide(text feature) {
    for (const auto& entry : catalogue::built_in().features) {
        const auto member = catalogue::member_of(entry.where.reg);
        if (entry.name != feature || member == nullptr) continue;
        for (auto& leaf : leaves_) {
            if (leaf.leaf != entry.where.leaf || leaf.subleaf != entry.where.subleaf) continue;
            const auto bits = static_cast<std::uint32_t>(catalogue::mask_of(entry.where.msb, entry.where.lsb));
            leaf.answer.*member &= ~bits;
        }
    }
}

profile::cpuid_answer description::cpuid(std::uint32_t leaf, std::uint32_t subleaf) const {
    return profile::find(cpu().cpuid(), leaf, profile::has_subleaves(leaf) ? subleaf : 0);
}

void engine::start(const description& of, text model, view<std::uint32_t> backed, virt::backing elsewhere) {
    cpu_.emplace(of.cpu().as_guest());
    const profile::table_options options{.model = find_model(model), .rules = rules::all, .backed = backed};
    const auto size = profile::register_table::size_for(*cpu_, options);
    const profile::table_storage room{
        .rows = take<profile::register_row>(size.rows),
        .checks = take<profile::check>(size.checks),
        .slots = take<profile::address_slot>(size.slots),
        .initial = take<std::uint64_t>(size.initial),
        .constants = take<std::uint64_t>(size.constants),
        .fields = take<profile::resolved_field>(size.fields),
    };
    const auto made = profile::register_table::make(*cpu_, options, room);
    if (!made) bail_out("the engine's tables did not fit into what they asked for");
    table_ = *made;
    guest_.emplace(table_, *cpu_, take<std::uint64_t>(table_.initial().size()).first, elsewhere);
    guest_->around().state.paging = true;  // 64-bit mode
}

void engine::hold(std::uint32_t address, std::uint64_t value) {
    const auto& around = guest_->around();
    around.set(around.owner, address, value);
}

void engine::take_over_this_cpu() {
    for (const auto& slot : table_.slots()) {
        if (slot.where != profile::address_slot::place::variable) continue;
        if (const auto value = native_bus{}.read(slot.address)) hold(slot.address, *value);
    }
}

}  // namespace msr::ring0
