// The rule files of a folder as texts; what they say is read in rules.cpp.
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "confidentiality/rules.hpp"

namespace samband {
namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;
constexpr std::size_t kFilesMax = 100;

Error wrong(const std::filesystem::path& path, std::string message) {
  return fail(Errc::invalid_config, path.filename().string(), std::move(message));
}

Result<std::vector<std::filesystem::path>> rule_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
  }
  if (error) return wrong(folder, "cannot read the folder of rule files");
  if (files.size() > kFilesMax) return wrong(folder, "too many rule files");
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > kFileBytesMax ||
      error)
    return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || text.str().size() > kFileBytesMax) return std::nullopt;
  return std::move(text).str();
}

}  // namespace

Result<std::vector<RuleFile>> read_rule_files(const std::filesystem::path& folder, const std::filesystem::path& local) {
  auto paths = rule_files(folder);
  if (!paths) return paths.error();
  const bool there =
      std::any_of(paths->begin(), paths->end(), [&](const auto& path) { return path.filename() == local.filename(); });
  if (!local.empty() && !there) paths->push_back(local);
  std::vector<RuleFile> files;
  for (const auto& path : *paths) {
    auto text = read_file(path);
    if (!text) return wrong(path, "cannot be read, or is larger than 1 MiB");
    files.push_back({path.filename().string(), std::move(*text)});
  }
  return files;
}

}  // namespace samband
