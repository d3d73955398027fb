// A script of msr emulate: an answer a line, or a place and a sentence; the first byte chooses the CPU and the model.
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <string>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "tools/msr/emulation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::FILE* const nowhere = std::fopen("/dev/null", "w");
    if (size == 0 || nowhere == nullptr) return 0;
    const auto& facts = msr::catalogue::built_in();
    const auto choice = data[0];
    const auto& cpu = facts.profiles[choice % facts.profiles.size()];
    const auto models = facts.models.size() + 1;
    const auto which = choice / facts.profiles.size() % models;
    const auto* model = which == 0 ? nullptr : &facts.models[which - 1];
    std::istringstream script{std::string{reinterpret_cast<const char*>(data) + 1, size - 1}};
    const msr::host::shipped_cpu shown{facts, cpu.name};
    tool::emulation playing{*shown, model, choice % 2 == 0};
    const auto code = playing.run(script, nowhere, nowhere);
    if (code != tool::done && code != tool::bad_usage) __builtin_trap();
    return 0;
}
