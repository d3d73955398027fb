// The VMX controls (SDM 3 25.6 to 25.8): seven fields of the VMCS whose bits say what a guest may do itself, and what
// entries and exits load and save. Freestanding.
#pragma once

#include <cstdint>

#include "msr/registers/layouts/vmx_entry_controls.hpp"
#include "msr/registers/layouts/vmx_pin_based_controls.hpp"
#include "msr/registers/layouts/vmx_primary_exit_controls.hpp"
#include "msr/registers/layouts/vmx_primary_processor_based_controls.hpp"
#include "msr/registers/layouts/vmx_secondary_exit_controls.hpp"
#include "msr/registers/layouts/vmx_secondary_processor_based_controls.hpp"
#include "msr/registers/layouts/vmx_tertiary_processor_based_controls.hpp"

namespace msr::virt::vmx {

enum class control_set : std::uint8_t { pin_based, primary, secondary, tertiary, exit, secondary_exit, entry };
inline constexpr control_set control_sets[]{control_set::pin_based, control_set::primary, control_set::secondary,
                                            control_set::tertiary,  control_set::exit,    control_set::secondary_exit,
                                            control_set::entry};

/// All controls, as they go into the VMCS.
struct controls {
    vmx_pin_based_controls pin_based;
    vmx_primary_processor_based_controls primary;
    vmx_secondary_processor_based_controls secondary;
    vmx_tertiary_processor_based_controls tertiary;
    vmx_primary_exit_controls exit;
    vmx_secondary_exit_controls secondary_exit;
    vmx_entry_controls entry;

    [[nodiscard]] constexpr std::uint64_t raw(control_set set) const {
        switch (set) {
            case control_set::pin_based: return pin_based.raw();
            case control_set::primary: return primary.raw();
            case control_set::secondary: return secondary.raw();
            case control_set::tertiary: return tertiary.raw();
            case control_set::exit: return exit.raw();
            case control_set::secondary_exit: return secondary_exit.raw();
            case control_set::entry: return entry.raw();
        }
        return 0;
    }

    constexpr void set_raw(control_set set, std::uint64_t value) {
        switch (set) {
            case control_set::pin_based: pin_based = vmx_pin_based_controls::from_raw(value); break;
            case control_set::primary: primary = vmx_primary_processor_based_controls::from_raw(value); break;
            case control_set::secondary: secondary = vmx_secondary_processor_based_controls::from_raw(value); break;
            case control_set::tertiary: tertiary = vmx_tertiary_processor_based_controls::from_raw(value); break;
            case control_set::exit: exit = vmx_primary_exit_controls::from_raw(value); break;
            case control_set::secondary_exit: secondary_exit = vmx_secondary_exit_controls::from_raw(value); break;
            case control_set::entry: entry = vmx_entry_controls::from_raw(value); break;
        }
    }

    friend constexpr bool operator==(const controls&, const controls&) = default;
};

/// The set as the catalogue calls its layout, and the names of its controls.
struct control_layout {
    text name;
    view<named_field> fields;
};

[[nodiscard]] constexpr control_layout layout_of(control_set set) {
    switch (set) {
        case control_set::pin_based: return {vmx_pin_based_controls::layout_name, vmx_pin_based_controls::named_fields};
        case control_set::primary:
            return {vmx_primary_processor_based_controls::layout_name,
                    vmx_primary_processor_based_controls::named_fields};
        case control_set::secondary:
            return {vmx_secondary_processor_based_controls::layout_name,
                    vmx_secondary_processor_based_controls::named_fields};
        case control_set::tertiary:
            return {vmx_tertiary_processor_based_controls::layout_name,
                    vmx_tertiary_processor_based_controls::named_fields};
        case control_set::exit:
            return {vmx_primary_exit_controls::layout_name, vmx_primary_exit_controls::named_fields};
        case control_set::secondary_exit:
            return {vmx_secondary_exit_controls::layout_name, vmx_secondary_exit_controls::named_fields};
        case control_set::entry: return {vmx_entry_controls::layout_name, vmx_entry_controls::named_fields};
    }
    return {};
}

/// One control.
struct control {
    control_set set = control_set::pin_based;
    std::uint8_t bit = 0;

    /// The manual's name; empty for a bit that the manual reserves.
    [[nodiscard]] constexpr text name() const {
        for (const auto& field : layout_of(set).fields) {
            if (field.lsb == bit) return field.name;
        }
        return {};
    }

    friend constexpr bool operator==(const control&, const control&) = default;
};

[[nodiscard]] constexpr text to_string(control_set set) {
    switch (set) {
        case control_set::pin_based: return "pin-based";
        case control_set::primary: return "primary processor-based";
        case control_set::secondary: return "secondary processor-based";
        case control_set::tertiary: return "tertiary processor-based";
        case control_set::exit: return "exit";
        case control_set::secondary_exit: return "secondary exit";
        case control_set::entry: return "entry";
    }
    return "unknown";
}

}  // namespace msr::virt::vmx
