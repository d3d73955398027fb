#include "msr/host/journal.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>

namespace msr::host {
namespace {

constexpr std::size_t most_bytes = std::size_t{256} << 20;

std::unexpected<error> failed(const std::filesystem::path& path, int number) {
    const bool forbidden = number == EACCES || number == EPERM || number == EROFS;
    return std::unexpected{error{forbidden ? error_kind::no_access : error_kind::system_failed,
                                 "cannot keep the journal " + path.string(), describe_errno(number),
                                 "name another place in MSRKIT_JOURNAL; nothing is written without it"}};
}

// Values of registers give kernel addresses away: the folder and the file are their owner's.
bool make_folder(const std::filesystem::path& folder) {
    if (folder.empty()) return true;
    std::error_code problem;
    if (std::filesystem::is_directory(folder, problem)) return true;
    std::filesystem::create_directories(folder, problem);
    if (problem) {
        errno = problem.value();
        return false;
    }
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, problem);
    return true;
}

bool ends_in_a_line(int file) {
    const auto size = ::lseek(file, 0, SEEK_END);
    char last = '\n';
    return size <= 0 || (::pread(file, &last, 1, size - 1) == 1 && last == '\n');
}

}  // namespace

outcome<journal> journal::open(const std::filesystem::path& path) {
    if (!make_folder(path.parent_path())) return failed(path, errno);
    descriptor file{::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) return failed(path, errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failed(path, errno);
        return std::unexpected{error{error_kind::no_access, "cannot write", "another msr is writing at the moment",
                                     "try again when it is done"}};
    }
    const bool whole = ends_in_a_line(file.get()) || write_all(file.get(), "\n");
    if (!whole || ::fsync(file.get()) != 0) return failed(path, errno);
    sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."});
    return journal{path, std::move(file)};
}

outcome<void> journal::append(const journal_line& line) {
    if (!write_all(file_.get(), to_text(line)) || ::fdatasync(file_.get()) != 0) return failed(path_, errno);
    return {};
}

outcome<journal_contents> read_journal(const std::filesystem::path& path) {
    const auto text = read_file(path, most_bytes);
    if (text) return read_journal_text(*text);
    if (text.error() == ENOENT) return journal_contents{};
    return std::unexpected{error{text.error() == EFBIG ? error_kind::limit_reached : error_kind::no_access,
                                 "cannot read the journal " + path.string(), describe_errno(text.error()), ""}};
}

std::filesystem::path journal_place() {
    const auto variable = [](const char* name) -> std::string {
        const auto* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
        return value == nullptr ? "" : value;
    };
    if (const auto named = variable("MSRKIT_JOURNAL"); !named.empty()) return named;
    if (::geteuid() == 0) return "/var/lib/msrkit/journal.jsonl";
    const auto state = variable("XDG_STATE_HOME");
    const auto folder =
        state.empty() ? std::filesystem::path{variable("HOME")} / ".local/state" : std::filesystem::path{state};
    return folder / "msrkit/journal.jsonl";
}

std::string boot_id(const std::filesystem::path& root) {
    auto id = read_file(root / "proc/sys/kernel/random/boot_id", 4096).value_or(std::string{});
    while (!id.empty() && id.back() == '\n')
        id.pop_back();
    return id;
}

std::string utc_now() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

std::string new_command_id() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{:%Y%m%dT%H%M%S}-{}", fmt::gmtime(now), ::getpid());
}

}  // namespace msr::host
