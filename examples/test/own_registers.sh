#!/usr/bin/env bash
# The example with registers of its own, as its users build it: with an installed msrkit, and with msrkit's source in the
# project. Arguments: msrkit's source folder, its build folder, and the example as that built it.
set -uo pipefail
source=$1 build=$2 built=$3
example=$source/examples/own_registers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

# quietly WHAT COMMAND...: succeeds, or says what the command said.
quietly() {
    checks=$((checks + 1))
    "${@:2}" >"$work/output" 2>&1 && return
    failures=$((failures + 1))
    echo "FAILED: $1"
    tail -n 30 "$work/output"
}

# refused WHAT MESSAGE COMMAND...: fails, and says the message.
refused() {
    checks=$((checks + 1))
    if "${@:3}" >"$work/output" 2>&1; then
        failures=$((failures + 1))
        echo "FAILED: $1: it was accepted"
    elif ! grep --quiet --extended-regexp "$2" "$work/output"; then
        failures=$((failures + 1))
        echo "FAILED: $1: it does not say '$2'"
        tail -n 30 "$work/output"
    fi
}

says() { [[ $("$1") == $'version 1.2\ntimer 0x1234501b' ]]; }

quietly 'install' cmake --install "$build" --component registers --prefix "$work/prefix"
mv "$work/prefix" "$work/installed" # it does not matter where it is
package=$work/with_package
quietly 'configure with the package' cmake -S "$example" -B "$package" -G Ninja -DCMAKE_PREFIX_PATH="$work/installed"
quietly 'build with the package' cmake --build "$package"
quietly 'run' says "$package/own_registers"
quietly 'a second build does nothing' sh -c "cmake --build '$package' | grep 'no work to do'"

# Mistakes in the program, and in the catalogue.
refused 'writing what is read-only' 'EXAMPLE_VERSION is read-only' \
    g++ -std=c++23 -fsyntax-only -DMISTAKE -I"$package/own_registers_registers" -I"$work/installed/include" "$example/main.cpp"
cp -r "$example" "$work/copy"
again() {
    cmake -S "$work/copy" -B "$work/copied" -G Ninja -DCMAKE_PREFIX_PATH="$work/installed" && cmake --build "$work/copied"
}
cat >"$work/copy/registers/wrong.yaml" <<'YAML'
registers:
  - {name: EXAMPLE_EFER, address: 0xC0000080, exists: always, fields: {63..0: VALUE}}
YAML
refused 'a contradiction' 'wrong.yaml:2: EXAMPLE_EFER: it and IA32_EFER \(built in, architectural/.*`replaces: IA32_EFER`' again
# What replaces a built-in register stands in its place, also for the program.
sed -i 's/name: EXAMPLE_EFER, address:/name: IA32_EFER, replaces: IA32_EFER, address:/' "$work/copy/registers/wrong.yaml"
quietly 'replacing' again
quietly 'what took its place' grep --quiet 'msr::bits<64> value()' "$work/copied/own_registers_registers/msr/registers/ia32_efer.hpp"
quietly 'run with it' says "$work/copied/own_registers"
sed -i 's/IA32_EFER, address/IA32_EFFR, address/' "$work/copy/registers/wrong.yaml"
refused 'replacing nothing' 'wrong.yaml:2: .*`IA32_EFFR`, which is not built in' again
rm "$work/copy/registers/wrong.yaml"
quietly 'without the file' again
quietly 'what it said is gone' test ! -e "$work/copied/own_registers_registers/msr/registers/ia32_efer.hpp"

# The libraries, besides: all of them, with what they need in their turn.
quietly 'install the libraries' cmake --install "$build" --component libraries --prefix "$work/installed"
mkdir "$work/lookup"
cat >"$work/lookup/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(lookup LANGUAGES CXX)
find_package(msrkit REQUIRED)
add_executable(lookup lookup.cpp)
target_link_libraries(lookup PRIVATE msrkit::catalogue_load msrkit::context msrkit::host msrkit::rules msrkit::virt msrkit::profile
                      msrkit::catalogue msrkit::built_in)
CMAKE
cat >"$work/lookup/lookup.cpp" <<'CPP'
#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/loader.hpp"
#include "msr/catalogue/lookup.hpp"
int main(int, char** arguments) {
    const auto own = msr::catalogue::load::load(arguments[1], msr::catalogue::built_in());
    return own && msr::catalogue::find_by_name(own->tables(), "EXAMPLE_TIMER.MODE") ? 0 : 1;
}
CPP
quietly 'configure with the libraries' cmake -S "$work/lookup" -B "$work/looked" -G Ninja -DCMAKE_PREFIX_PATH="$work/installed"
quietly 'build with the libraries' cmake --build "$work/looked"
quietly 'run with the libraries' "$work/looked/lookup" "$example/registers"

# With the source in the project: as msrkit's own build has made it. In a project of its own it would have to compile
# msr-catalogue first, which takes minutes; so that is planned, and not done.
quietly 'run what was built with the source' says "$built"
with_source=$work/with_source
quietly 'configure with the source' cmake -S "$example" -B "$with_source" -G Ninja -DMSRKIT_SOURCE="$source"
quietly 'plan the build with the source' sh -c "ninja -C '$with_source' -t commands own_registers | grep 'msr-catalogue emit --on .*/own_registers/registers '"

echo "$checks checks, $failures failed"
exit $((failures > 0))
