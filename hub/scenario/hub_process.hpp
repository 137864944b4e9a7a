// A hub of one's own for a scenario: development certificates and keys, free ports, and a folder that holds all it
// writes. A process like any other hub; it ends with this object. Not thread-safe.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace samband::scenario {

struct Ports {
  std::uint16_t agency = 0, console = 0, admin = 0;
};

class HubProcess {
 public:
  // `program`: the samband executable. `config`: the scenario's folder. `folder`: gets data, keys, certs and hub.log;
  // what is there already is used again. Errors: unavailable (what failed, and where its words are).
  static Result<std::unique_ptr<HubProcess>> start(std::filesystem::path program, std::filesystem::path config,
                                                   std::filesystem::path folder);
  ~HubProcess();  // SIGTERM; SIGKILL after 30 s
  HubProcess(const HubProcess&) = delete;
  HubProcess& operator=(const HubProcess&) = delete;

  const Ports& ports() const { return ports_; }
  std::filesystem::path certs() const { return folder_ / "certs"; }

 private:
  HubProcess() = default;
  std::filesystem::path folder_;
  pid_t child_ = -1;
  Ports ports_;
};

// The variables of the environment that put what a hub writes into `folder`.
std::vector<std::pair<std::string, std::string>> folder_environment(const std::filesystem::path& folder);

// A folder for a hub: a named one is made and kept, without a name it is a temporary one that goes with this object.
class WorkFolder {
 public:
  static Result<WorkFolder> open(const std::string& name);
  ~WorkFolder();
  WorkFolder(WorkFolder&& other) noexcept : path_(std::move(other.path_)), goes_(std::exchange(other.goes_, false)) {}
  WorkFolder& operator=(WorkFolder&&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // For load_config: what is written lies here.
  std::function<const char*(const char*)> environment() const;

 private:
  WorkFolder(std::filesystem::path path, bool goes) : path_(std::move(path)), goes_(goes) {}
  std::filesystem::path path_;
  bool goes_ = false;
};

// Runs a command of this program with its output where this one's goes, on the hub of
// `folder` (empty: of its configuration). Errors: unavailable.
Result<void> run_here(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                      const std::filesystem::path& folder);

// This executable. Errors: unavailable.
Result<std::filesystem::path> own_program();
// config/scenarios/NAME: from the working folder upwards, then from the executable upwards. Errors: not_found, with the
// names that there are.
Result<std::filesystem::path> find_scenario(const std::string& name);

}  // namespace samband::scenario
