#include "msr/catalogue/load/document.hpp"

#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace msr::catalogue::load {

namespace {

// Deeper than any catalogue file; a hostile one must not exhaust the stack.
constexpr int deepest_node = 16;
// Nor fill the memory, by aliases that multiply, or by words that the schema's patterns would recurse through.
constexpr std::size_t most_values = 1'000'000;
constexpr std::size_t longest_word = 4096;
constexpr std::size_t most_problems = 100;

std::optional<std::uint64_t> as_integer(const std::string& text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const auto* first = text.data() + (hexadecimal ? 2 : 0);
    const auto* last = text.data() + text.size();
    std::uint64_t value = 0;
    const auto [end, status] = std::from_chars(first, last, value, hexadecimal ? 16 : 10);
    if (first == last || end != last || status != std::errc{}) return std::nullopt;
    return value;
}

json scalar(const YAML::Node& node) {
    const auto& text = node.Scalar();
    if (node.Tag() == "!") return text;  // quoted
    if (text == "true") return true;
    if (text == "false") return false;
    if (const auto number = as_integer(text)) return *number;
    return text;
}

}  // namespace

struct document_reader {
    document& into;
    problems& found;
    std::size_t values = 0;

    void report(const YAML::Node& node, std::string message) const {
        found.push_back({into.name_, node.Mark().line + 1, std::move(message)});
    }

    json convert(const YAML::Node& node, const std::string& pointer, int depth) {
        into.lines_[pointer] = node.Mark().line + 1;
        if (depth > deepest_node) {
            report(node, "nested too deeply");
            return {};
        }
        if (++values == most_values) report(node, "the file holds too many values");
        if (enough()) return {};
        switch (node.Type()) {
            case YAML::NodeType::Scalar: return word(node);
            case YAML::NodeType::Sequence: return sequence(node, pointer, depth);
            case YAML::NodeType::Map: return map(node, pointer, depth);
            default: report(node, "a value is missing here"); return {};
        }
    }

    /// The rest is not looked at.
    [[nodiscard]] bool enough() const { return values >= most_values || found.size() >= most_problems; }

    json word(const YAML::Node& node) {
        if (node.Scalar().size() <= longest_word) return scalar(node);
        report(node, "a word of more than " + std::to_string(longest_word) + " letters");
        return {};
    }

    json sequence(const YAML::Node& node, const std::string& pointer, int depth) {
        auto list = json::array();
        for (std::size_t at = 0; at < node.size() && !enough(); ++at) {
            list.push_back(convert(node[at], pointer + "/" + std::to_string(at), depth + 1));
        }
        return list;
    }

    json map(const YAML::Node& node, const std::string& pointer, int depth) {
        auto object = json::object();
        std::set<std::string, std::less<>> seen;
        for (const auto& entry : node) {
            if (enough()) break;
            if (!entry.first.IsScalar() || entry.first.Scalar().size() > longest_word) {
                report(entry.first, "a key must be a plain word");
                continue;
            }
            const auto& key = entry.first.Scalar();
            if (!seen.insert(key).second) {
                report(entry.first, "the key `" + key + "` stands twice in one map");
                continue;
            }
            if (entry.second.IsNull()) {
                report(entry.first, "a value is missing here");
                continue;
            }
            object[key] = convert(entry.second, pointer + "/" + key, depth + 1);
            into.lines_[pointer + "/" + key] = entry.first.Mark().line + 1;
        }
        return object;
    }
};

namespace {

// Bytes of a character that begins so; 0 where none does.
std::size_t utf8_length(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    if (first < 0xE0) return 2;
    return first < 0xF0 ? 3 : 4;
}

// The line of the first byte that is not UTF-8; 0 if all is well. The schema's validator does not survive such text.
int broken_text(std::string_view text) {
    int line = 1;
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        const auto length = utf8_length(first);
        if (length == 0 || at + length > text.size()) return line;
        for (std::size_t next = at + 1; next < at + length; ++next) {
            if ((static_cast<unsigned char>(text[next]) & 0xC0U) != 0x80) return line;
        }
        if (first == '\n') ++line;
        at += length;
    }
    return 0;
}

/// Notes where a document begins; the rest does not matter.
class document_starts final : public YAML::EventHandler {
  public:
    [[nodiscard]] int line() const { return line_; }

    void OnDocumentStart(const YAML::Mark& mark) override { line_ = mark.line + 1; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

  private:
    int line_ = 0;
};

// The line where a second document begins, which YAML::Load would drop. (YAML::LoadAll does not end on some texts.)
std::optional<int> second_document(const std::string& yaml) {
    std::istringstream stream{yaml};
    YAML::Parser parser{stream};
    document_starts starts;
    if (!parser.HandleNextDocument(starts) || !parser.HandleNextDocument(starts)) return std::nullopt;
    return starts.line();
}

}  // namespace

std::optional<document> document::parse(const std::string& name, const std::string& yaml, problems& found) {
    document result;
    result.name_ = name;
    const auto before = found.size();
    try {
        if (const int line = broken_text(yaml); line != 0) {
            found.push_back({name, line, "not UTF-8 text"});
        } else if (const auto second = second_document(yaml); second) {
            found.push_back({name, *second, "a file holds one document"});
        } else {
            result.root_ = document_reader{result, found}.convert(YAML::Load(yaml), "", 0);
        }
    } catch (const YAML::Exception& error) {
        found.push_back({name, error.mark.line + 1, "not YAML: " + error.msg});
    }
    if (found.size() != before) return std::nullopt;
    return result;
}

std::optional<document> document::read(const std::filesystem::path& file, problems& found) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream contents;
    if (!stream || !(contents << stream.rdbuf())) {
        found.push_back({file.string(), 0, "cannot be read"});
        return std::nullopt;
    }
    return parse(file.string(), contents.str(), found);
}

int document::line(std::string pointer) const {
    while (true) {
        if (const auto place = lines_.find(pointer); place != lines_.end()) return place->second;
        const auto slash = pointer.rfind('/');
        if (slash == std::string::npos) return 1;
        pointer.resize(slash);
    }
}

}  // namespace msr::catalogue::load
