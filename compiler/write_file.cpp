#include "compiler/write_file.hpp"

#include <fstream>
#include <sstream>

namespace msr::compiler {

std::expected<void, std::string> write_if_changed(const std::filesystem::path& file, const std::string& contents) {
    if (std::ifstream existing{file, std::ios::binary}; existing) {
        std::ostringstream text;
        text << existing.rdbuf();
        if (text.str() == contents) return {};
    }
    auto temporary = file;
    temporary += ".new";
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    std::ofstream output{temporary, std::ios::binary};
    const auto give_up = [&](const std::string& why) {
        std::filesystem::remove(temporary, error);
        return std::unexpected{why};
    };
    if (!(output << contents).flush()) return give_up(temporary.string() + " cannot be written");
    output.close();
    std::filesystem::rename(temporary, file, error);
    if (error) return give_up(file.string() + " cannot be replaced: " + error.message());
    return {};
}

}  // namespace msr::compiler
