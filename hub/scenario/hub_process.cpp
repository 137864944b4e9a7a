#include "scenario/hub_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/json.hpp"

namespace samband::scenario {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;

constexpr auto kReadyMax = std::chrono::seconds(60), kStopMax = std::chrono::seconds(30);

// Runs with standard output and error in `log`; the child dies with this process.
pid_t spawn(const std::vector<std::string>& arguments, const fs::path& log,
            const std::vector<std::pair<std::string, std::string>>& environment) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = log.empty() ? -1 : ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out >= 0) ::dup2(out, 1), ::dup2(out, 2);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const std::string& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

Result<void> run(const std::vector<std::string>& arguments, const fs::path& log) {
  const pid_t child = spawn(arguments, log, {});
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Errc::unavailable, arguments.front(), "failed; its words are in " + log.string());
  return {};
}

// The first of the folders above `from` (and `from`) that has `inside`.
fs::path above(fs::path from, const fs::path& inside) {
  std::error_code ec;
  for (from = fs::absolute(from, ec); !from.empty(); from = from.parent_path()) {
    if (fs::exists(from / inside, ec)) return from / inside;
    if (from == from.root_path()) break;
  }
  return {};
}

// The line of the log that says on which ports the hub listens.
Result<Ports> ports_in(const fs::path& log, std::uintmax_t from) {
  std::ifstream in(log);
  in.seekg(static_cast<std::streamoff>(from));
  for (std::string line; std::getline(in, line);) {
    if (line.find("\"hub.ready\"") == std::string::npos) continue;
    auto entry = parse_json(line);
    if (!entry || !entry->is_object()) continue;
    const auto port = [&](std::string_view key) {
      return static_cast<std::uint16_t>(std::atoi(std::string(string_at(entry->get_object(), key)).c_str()));
    };
    return Ports{port("agency"), port("console"), port("admin")};
  }
  return fail(Errc::not_found, log.string(), "not ready yet");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> folder_environment(const fs::path& folder) {
  return {{"SAMBAND_DATA_DIR", (folder / "data").string()},
          {"SAMBAND_KEYS_DIR", (folder / "keys").string()},
          {"SAMBAND_CERTS_DIR", (folder / "certs").string()}};
}

Result<void> run_here(const fs::path& program, const std::vector<std::string>& arguments, const fs::path& folder) {
  std::vector<std::string> all{program.string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const pid_t child =
      spawn(all, {}, folder.empty() ? decltype(folder_environment(folder)){} : folder_environment(folder));
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Errc::unavailable, arguments.front(), "failed");
  return {};
}

Result<WorkFolder> WorkFolder::open(const std::string& name) {
  std::error_code ec;
  if (!name.empty()) {
    const fs::path path = fs::absolute(name, ec);
    fs::create_directories(path, ec);
    if (ec) return fail(Errc::unavailable, name, "the folder cannot be made");
    return WorkFolder(path, false);
  }
  std::string pattern = (fs::temp_directory_path(ec) / "samband-demo-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return fail(Errc::unavailable, pattern, "the folder cannot be made");
  return WorkFolder(pattern, true);
}

WorkFolder::~WorkFolder() {
  std::error_code ec;
  if (goes_) fs::remove_all(path_, ec);
}

std::function<const char*(const char*)> WorkFolder::environment() const {
  return [variables = folder_environment(path_)](const char* name) -> const char* {
    for (const auto& [key, value] : variables)
      if (key == name) return value.c_str();
    return std::getenv(name);
  };
}

Result<fs::path> own_program() {
  std::error_code ec;
  fs::path program = fs::read_symlink("/proc/self/exe", ec);
  if (ec) return fail(Errc::unavailable, "/proc/self/exe", "cannot be read");
  return program;
}

Result<fs::path> find_scenario(const std::string& name) {
  std::error_code ec;
  const fs::path inside = fs::path("config") / "scenarios";
  fs::path folder = above(fs::current_path(ec), inside);
  if (folder.empty())
    if (auto program = own_program()) folder = above(program->parent_path(), inside);
  if (folder.empty())
    return fail(Errc::not_found, inside.string(), "no such folder here or above; name it with --config");
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (plain && fs::exists(folder / name / "hub.toml", ec)) return folder / name;
  std::vector<std::string> names;
  for (const auto& each : fs::directory_iterator(folder, ec))
    if (fs::exists(each.path() / "hub.toml", ec)) names.push_back(each.path().filename().string());
  std::sort(names.begin(), names.end());
  std::string known;
  for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
  return fail(Errc::not_found, folder.string(), "no scenario of that name; there are: " + known);
}

Result<std::unique_ptr<HubProcess>> HubProcess::start(fs::path program, fs::path config, fs::path folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  const fs::path log = folder / "hub.log", prepare = folder / "prepare.log";
  if (!fs::exists(folder / "certs" / "ca.pem", ec)) {
    const fs::path script = above(config, fs::path("certs") / "make-dev-certs.sh");
    if (script.empty())
      return fail(Errc::unavailable, "certs/make-dev-certs.sh", "not found above the scenario's folder");
    if (auto made = run({script.string(), (folder / "certs").string(), config.string()}, prepare); !made)
      return made.error();
  }
  if (!fs::exists(folder / "keys", ec))
    if (auto made = run({program.string(), "keys", "dev", "--keys", (folder / "keys").string()}, prepare); !made)
      return made.error();

  std::unique_ptr<HubProcess> hub(new HubProcess());
  hub->folder_ = folder;
  const std::uintmax_t before = fs::exists(log, ec) ? fs::file_size(log, ec) : 0;
  hub->child_ =
      spawn({program.string(), "serve", "--config", config.string(), "--any-ports"}, log, folder_environment(folder));
  if (hub->child_ < 0) return fail(Errc::unavailable, program.string(), "cannot be started");
  const auto until = std::chrono::steady_clock::now() + kReadyMax;
  while (std::chrono::steady_clock::now() < until) {
    if (auto ports = ports_in(log, before)) {
      hub->ports_ = *ports;
      return hub;
    }
    int status = 0;
    if (::waitpid(hub->child_, &status, WNOHANG) == hub->child_) {
      hub->child_ = -1;
      return fail(Errc::unavailable, "hub", "did not start; its words are in " + log.string());
    }
    std::this_thread::sleep_for(20ms);
  }
  return fail(Errc::unavailable, "hub", "is not ready after a minute; its words are in " + log.string());
}

HubProcess::~HubProcess() {
  if (child_ < 0) return;
  ::kill(child_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + kStopMax;
  int status = 0;
  while (::waitpid(child_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, &status, 0);
      break;
    }
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace samband::scenario
