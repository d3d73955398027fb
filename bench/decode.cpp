// Decoding: a million values of mixed registers through the catalogue's tables, and six registers through the tables
// and through their types. Every field's bits are used, so that no work can be left out.

#include "msr/profile/decode.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/cpuid_reader.hpp"
#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_misc_enable.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_mtrrcap.hpp"
#include "msr/registers/ia32_star.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

using msr::profile::resolved_register;

constexpr std::size_t value_count = 1'000'000;

// Registers with all the fields that they have here, resolved once.
class register_set {
  public:
    // Those of the CPU that this runs on.
    static register_set of_this_cpu() {
        static const auto cpuid = msr::host::collect_cpuid(msr::host::native_cpuid);
        const auto& facts = msr::catalogue::built_in();
        const msr::profile::profile cpu{facts, cpuid, {}};
        register_set result;
        for (const auto& entry : facts.registers) {
            if (!entry.fields_known || msr::profile::exists(entry, cpu) == msr::catalogue::holds::no) continue;
            result.add(entry, [&](auto* storage) { return msr::profile::resolve(entry, cpu, storage); });
        }
        return result;
    }

    // Those of the types, as on a CPU that has every field.
    template <class... Registers>
    static register_set of_types() {
        const auto& facts = msr::catalogue::built_in();
        register_set result;
        for (const auto name : {Registers::name...}) {
            const auto& entry = *std::ranges::find(facts.registers, name, &msr::catalogue::register_entry::name);
            result.add(entry, [&](auto* storage) { return msr::profile::resolve_for_any(entry, facts, storage); });
        }
        return result;
    }

    [[nodiscard]] std::size_t size() const { return resolved_.size(); }
    [[nodiscard]] const resolved_register& operator[](std::size_t at) const { return resolved_[at]; }

  private:
    template <class Resolve>
    void add(const msr::catalogue::register_entry& entry, const Resolve& resolve) {
        resolved_.push_back(resolve(storage_.emplace_back(entry.fields.size()).data()));
    }

    std::vector<std::vector<msr::profile::resolved_field>> storage_;
    std::vector<resolved_register> resolved_;
};

struct sample {
    std::size_t which;  // of a set of registers
    std::uint64_t value;
};

std::vector<sample> samples(std::size_t kinds) {
    std::mt19937_64 random{1};
    std::vector<sample> result(value_count);
    for (auto& one : result)
        one = {random() % kinds, random()};
    return result;
}

// What came of decoding: the fields' bits added up, and how many of them have a meaning in words.
struct sums {
    std::uint64_t bits = 0;
    std::uint64_t meanings = 0;
};

void by_table(const resolved_register& layout, std::uint64_t value, sums& all) {
    msr::profile::decode(layout, value, [&](const msr::profile::decoded_field& field) {
        all.bits += field.raw;
        all.meanings += field.meaning != nullptr ? 1 : 0;
    });
}

// Shifts and masks that the compiler knows, as code for one register has them.
template <class... Fields>
void by_type(std::uint64_t value, sums& all) {
    all.bits += (((value & Fields::mask) >> Fields::lsb) + ...);
}

constexpr auto six_registers = register_set::of_types<msr::ia32_apic_base, msr::ia32_efer, msr::ia32_misc_enable,
                                                      msr::ia32_mtrr_def_type, msr::ia32_mtrrcap, msr::ia32_star>;

void by_hand(std::size_t which, std::uint64_t value, sums& all) {
    using apic = msr::ia32_apic_base::fields;
    using efer = msr::ia32_efer::fields;
    using misc = msr::ia32_misc_enable::fields;
    using mtrr = msr::ia32_mtrr_def_type::fields;
    using mtrrs = msr::ia32_mtrrcap::fields;
    using star = msr::ia32_star::fields;
    switch (which) {
        case 0: return by_type<apic::apic_base, apic::en, apic::extd, apic::bsp>(value, all);
        case 1:
            return by_type<efer::aibrse, efer::uaie, efer::intwb, efer::mcommit, efer::tce, efer::ffxsr, efer::lmsle,
                           efer::svme, efer::nxe, efer::lma, efer::lme, efer::sce>(value, all);
        case 2:
            return by_type<misc::ip_prefetcher_disable, misc::turbo_mode_disable, misc::dcu_prefetcher_disable,
                           misc::xd_bit_disable, misc::l1_data_cache_context_mode, misc::xtpr_message_disable,
                           misc::limit_cpuid_maxval, misc::enhanced_intel_speedstep_technology_select_lock,
                           misc::adjacent_cache_line_prefetch_disable, misc::enable_monitor_fsm,
                           misc::enhanced_intel_speedstep_technology_enable, misc::tm2_enable,
                           misc::processor_event_based_sampling_unavailable, misc::branch_trace_storage_unavailable,
                           misc::ferr_multiplexing_enable, misc::hardware_prefetcher_disable,
                           misc::suppress_lock_enable, misc::performance_monitoring_available,
                           misc::third_level_cache_disable, misc::split_lock_disable,
                           misc::automatic_thermal_control_circuit_enable,
                           misc::x87_fpu_fopcode_compatibility_mode_enable, misc::fast_strings_enable>(value, all);
        case 3: return by_type<mtrr::e, mtrr::fe, mtrr::type>(value, all);
        case 4:
            return by_type<mtrrs::seamrr, mtrrs::prmrr, mtrrs::smrr, mtrrs::wc, mtrrs::fix, mtrrs::vcnt>(value, all);
        default: return by_type<star::sysret_cs_ss, star::syscall_cs_ss, star::syscall_target_eip>(value, all);
    }
}

// Decodes the samples as often as the library asks, and reports what one round of it is.
template <class Decode>
void measure(benchmark::State& state, const register_set& registers, const Decode& decode) {
    const auto values = samples(registers.size());
    std::uint64_t fields = 0;
    for (const auto& one : values)
        fields += registers[one.which].fields.size();
    std::uint64_t allocated = 0;
    for (auto _ : state) {
        const auto before = allocations.load(std::memory_order_relaxed);
        sums all;
        for (const auto& one : values)
            decode(one, all);
        benchmark::DoNotOptimize(all);
        allocated += allocations.load(std::memory_order_relaxed) - before;
    }
    state.counters["fields"] = static_cast<double>(fields);
    state.counters["registers"] = static_cast<double>(registers.size());
    state.counters["allocations"] = static_cast<double>(allocated);
    state.counters["fields_per_second"] =
        benchmark::Counter(static_cast<double>(fields), benchmark::Counter::kIsIterationInvariantRate);
}

void mixed_by_table(benchmark::State& state) {
    const auto registers = register_set::of_this_cpu();
    measure(state, registers, [&](const sample& one, sums& all) { by_table(registers[one.which], one.value, all); });
}

void six_by_table(benchmark::State& state) {
    const auto registers = six_registers();
    measure(state, registers, [&](const sample& one, sums& all) { by_table(registers[one.which], one.value, all); });
}

void six_by_hand(benchmark::State& state) {
    const auto registers = six_registers();
    sums table;
    sums hand;
    for (const auto& one : samples(registers.size())) {
        by_table(registers[one.which], one.value, table);
        by_hand(one.which, one.value, hand);
    }
    if (table.bits != hand.bits) state.SkipWithError("the tables and the types disagree");
    measure(state, registers, [](const sample& one, sums& all) { by_hand(one.which, one.value, all); });
}

BENCHMARK(mixed_by_table)->Unit(benchmark::kMillisecond);
BENCHMARK(six_by_table)->Unit(benchmark::kMillisecond);
BENCHMARK(six_by_hand)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
