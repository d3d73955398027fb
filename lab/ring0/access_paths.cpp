// Part 2, every access path: done to the CPU and to the engine alike, and what came of it compared.
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/parts.hpp"
#include "lab/ring0/recovered.hpp"
#include "lab/ring0/refused_values.hpp"
#include "lab/ring0/ring3.hpp"
#include "lab/ring0/tap.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_mtrrcap.hpp"
#include "msr/registers/ia32_pat.hpp"

namespace msr::ring0 {

using outcome = result<std::uint64_t>;

static line& operator<<(line& to, const outcome& one) {
    if (one) return to << hex{*one};
    return to << (one.error().direction == direction::read ? text{"#GP by RDMSR"} : text{"#GP by WRMSR"});
}

namespace {

class comparison {
  public:
    comparison(engine& predicts, bool judges) : predicts_{predicts}, judges_{judges} {}

    /// Goes the path with both, and puts back what the register held before. The path ends in a value.
    template <class R, class Path>
    void on(text what, Path path) {
        on(R::name, R::address, what, path);
    }
    template <class Path>
    void on(text name, std::uint32_t address, text what, Path path) {
        const auto real = there_and_back(native_bus{}, address, path);
        const auto predicted = there_and_back(predicts_.registers(), address, path);
        if (real == predicted || judges_)
            check(real == predicted, name, ", ", what, ": ", real, ", predicted ", predicted);
        else
            skip(name, "recorded, not judged: ", what, ": ", real, ", predicted ", predicted);
    }

  private:
    template <class Bus, class Path>
    static outcome there_and_back(Bus&& bus, std::uint32_t address, Path path) {
        const auto before = raw_read(bus, address);
        const outcome found = path(bus);
        // A read-only register refuses its own value too.
        if (before) (void)raw_write(bus, address, *before);
        return found;
    }

    engine& predicts_;
    bool judges_;
};

/// What the register holds in the end.
template <class R, class Bus>
outcome then_read(Bus& bus, const result<void>& done) {
    if (!done) return std::unexpected{done.error()};
    return raw_read(bus, R::address);
}

template <class R>
void reads_and_writes(comparison& compare) {
    compare.on<R>("typed read", [](auto& bus) -> outcome {
        const auto value = read<R>(bus);
        if (!value) return std::unexpected{value.error()};
        return value->raw();
    });
    compare.on<R>("raw read", [](auto& bus) { return raw_read(bus, R::address); });
    compare.on<R>("raw write of its own value", [](auto& bus) -> outcome {
        const auto own = raw_read(bus, R::address);
        if (!own) return own;
        return then_read<R>(bus, raw_write(bus, R::address, *own));
    });
}

// The lowest bit that the CPU refuses to set.
template <class R>
std::uint64_t reserved_bit(const engine& predicts) {
    const auto* slot = predicts.table().find(R::address);
    if (slot == nullptr) return 0;
    const auto refused = slot->row->guest.must_be_zero;
    return refused & (~refused + 1);
}

template <class R>
void reserved(comparison& compare, const engine& predicts) {
    const auto bit = reserved_bit<R>(predicts);
    if (bit == 0) return skip(R::name, "it has no bit that must be zero");
    compare.on<R>("a reserved bit set", [bit](auto& bus) -> outcome {
        const auto own = raw_read(bus, R::address);
        if (!own) return own;
        return then_read<R>(bus, raw_write(bus, R::address, *own | bit));
    });
}

void typed_paths(comparison& compare) {
    compare.on<ia32_pat>("typed update of PA1", [](auto& bus) {
        return then_read<ia32_pat>(
            bus, update<ia32_pat>(bus, [](ia32_pat value) { return value.pa(1, memory_type_pat::wc); }));
    });
    compare.on<ia32_pat>("ensure of what holds already", [](auto& bus) {
        return then_read<ia32_pat>(bus, ensure<ia32_pat>(bus, [](ia32_pat value) { return value; }));
    });
    compare.on<ia32_pat>("typed write of the value at reset",
                         [](auto& bus) { return then_read<ia32_pat>(bus, write(bus, ia32_pat::at_reset())); });
    compare.on<ia32_pat>("a reserved memory type",
                         [](auto& bus) { return then_read<ia32_pat>(bus, write(bus, pat_of_a_reserved_type())); });
    compare.on<ia32_lstar>("an address that is not canonical",
                           [](auto& bus) { return then_read<ia32_lstar>(bus, write(bus, ia32_lstar{not_canonical})); });
    compare.on<ia32_efer>("LME cleared while paging", [](auto& bus) {
        return then_read<ia32_efer>(bus, update<ia32_efer>(bus, [](ia32_efer value) { return value.lme(false); }));
    });
}

/// The lowest address behind EFER's that this CPU has not.
std::uint32_t absent_address(const engine& predicts) {
    auto address = ia32_efer::address;
    while (predicts.table().find(address) != nullptr)
        ++address;
    return address;
}

// Each address that the catalogue knows, and whether RDMSR faults.
void sweep(engine& predicts, bool judges) {
    unsigned asked = 0;
    unsigned refused = 0;
    unsigned differ = 0;
    for (const auto& entry : catalogue::built_in().registers) {
        for (std::uint32_t member = 0; member < entry.members; ++member) {
            const auto address = entry.address + member * entry.stride;
            const auto real = native_bus{}.read(address);
            const auto predicted = predicts.registers().read(address);
            ++asked;
            refused += real ? 0U : 1U;
            if (real.has_value() == predicted.has_value()) continue;
            ++differ;
            if (judges) note(entry.name, ", ", hex{address}, ": ", real, ", predicted ", predicted);
        }
    }
    if (judges)
        check(differ == 0, "RDMSR of the catalogue's ", asked, " addresses: ", refused, " refused, all as predicted");
    else
        skip("RDMSR of the catalogue's addresses", "recorded, not judged: ", refused, " of ", asked, " refused, ",
             differ, " unlike the prediction");
}

// What a refused RDMSR leaves alone (SDM volume 2, RDMSR).
void registers_are_kept(std::uint32_t absent, bool judges) {
    constexpr std::uint64_t pattern = 0x1234'5678'9ABC'DEF0;
    auto rax = pattern;
    auto rdx = ~pattern;
    asm volatile("1: rdmsr\n2:" MSRKIT_RECOVER_AT("2b") : "+a"(rax), "+d"(rdx) : "c"(absent) : "memory");
    if (!judges && rax != pattern) return skip("a refused RDMSR leaves EDX:EAX alone", "it was not refused");
    check(rax == pattern && rdx == ~pattern, "a refused RDMSR leaves EDX:EAX alone: ", hex{rdx}, ", ", hex{rax});
}

// Any instruction that left an entry in the table.
void other_exceptions_are_recovered() {
    constexpr std::uint64_t untouched = 7;
    auto value = untouched;
    const auto beyond = std::uint64_t{1} << 30;  // the pages map the first GB
    recovered.from_any = true;
    asm volatile("1: ud2\n2:" MSRKIT_RECOVER_AT("2b")::: "memory");
    const auto first = recovered.last_vector;
    asm volatile("1: mov (%1), %0\n2:" MSRKIT_RECOVER_AT("2b") : "+r"(value) : "r"(beyond) : "memory");
    const auto second = recovered.last_vector;
    recovered.from_any = false;
    check(first == lab::vector::invalid_opcode && second == lab::vector::page_fault && value == untouched &&
              read_cr2() == beyond,
          "#UD and #PF are recovered from: exceptions ", first, " and ", second, ", ", hex{read_cr2()});
}

void ring_3_is_refused(std::uint32_t absent) {
    for (const auto address : {ia32_efer::address, ia32_lstar::address, ia32_mtrrcap::address, absent}) {
        ring3_memory.index = address;
        const auto read = visit_ring_3(ring3_rdmsr);
        const auto written = visit_ring_3(ring3_wrmsr);
        check(read.vector == lab::vector::general_protection && written.vector == lab::vector::general_protection &&
                  read.error_code == 0 && written.error_code == 0,
              "ring 3, ", hex{address}, ": RDMSR is exception ", unsigned{read.vector}, ", WRMSR ",
              unsigned{written.vector});
    }
}

}  // namespace

void try_access_paths(engine& predicts, bool judges) {
    note("2. every access path");
    predicts.take_over_this_cpu();
    comparison compare{predicts, judges};
    reads_and_writes<ia32_efer>(compare);
    reads_and_writes<ia32_pat>(compare);
    reads_and_writes<ia32_lstar>(compare);
    reads_and_writes<ia32_mtrrcap>(compare);  // read-only: its own value is refused
    typed_paths(compare);
    reserved<ia32_efer>(compare, predicts);
    const auto absent = absent_address(predicts);
    compare.on("an absent register", absent, "raw read", [=](auto& bus) { return raw_read(bus, absent); });
    compare.on("an absent register", absent, "raw write", [=](auto& bus) -> outcome {
        const auto done = raw_write(bus, absent, 0);
        if (!done) return std::unexpected{done.error()};
        return 0;
    });
    registers_are_kept(absent, judges);
    other_exceptions_are_recovered();
    sweep(predicts, judges);
    ring_3_is_refused(absent);
}

}  // namespace msr::ring0
