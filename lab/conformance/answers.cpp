#include "lab/conformance/answers.hpp"

#include <istream>
#include <sstream>

namespace conformance {

namespace {

std::optional<std::uint64_t> value_or_fault(const std::string& word) {
    if (word == "fault") return std::nullopt;
    return std::stoull(word, nullptr, 16);
}

msr::profile::cpuid_leaf leaf_of(std::istringstream& words) {
    msr::profile::cpuid_leaf result;
    auto& [leaf, subleaf, answer] = result;
    words >> std::hex >> leaf >> subleaf >> answer.eax >> answer.ebx >> answer.ecx >> answer.edx;
    return result;
}

answer answer_of(const std::string& kind, std::istringstream& words) {
    std::string before;
    std::string written;
    std::string after;
    std::string restored;
    answer result;
    words >> std::hex >> result.address >> result.value >> before >> written >> after >> restored;
    result.by_host = kind.starts_with("host");
    result.kept = kind.ends_with("-keep");
    result.before = value_or_fault(before);
    result.written = written == "ok";
    result.after = value_or_fault(after);
    result.restored = restored == "ok";
    return result;
}

}  // namespace

std::expected<recording, std::string> read_recording(std::istream& from) {
    recording result;
    std::string line;
    for (int number = 1; std::getline(from, line); ++number) {
        std::istringstream words{line};
        std::string kind;
        if (!(words >> kind) || kind.starts_with('#')) continue;
        try {
            if (kind == "cpuid") {
                result.cpuid.push_back(leaf_of(words));
            } else {
                result.answers.push_back(answer_of(kind, words));
            }
        } catch (const std::exception&) {
            words.setstate(std::ios::failbit);
        }
        if (!words) return std::unexpected{"line " + std::to_string(number) + " is no answer: " + line};
    }
    return result;
}

}  // namespace conformance
