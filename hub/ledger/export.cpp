#include "ledger/export.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "ledger/ledger_impl.hpp"
#include "ledger/note.hpp"
#include "ledger/tile_path.hpp"
#include "ledger/tree.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;

Error conflict(const fs::path& folder, const char* what) { return fail(Errc::conflict, folder.string(), what); }
Error broken(const fs::path& path) { return fail(Errc::unavailable, path.string(), "cannot be written"); }

// An open file or folder.
class Handle {
 public:
  Handle(const fs::path& path, int flags, ::mode_t mode = 0) : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Handle() {
    if (fd_ >= 0) ::close(fd_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<note::Checkpoint> checkpoint_of(std::string_view signed_note) {
  const std::size_t blank = signed_note.rfind("\n\n");
  return note::parse_checkpoint(signed_note.substr(0, blank == std::string_view::npos ? 0 : blank + 1));
}

class Exporter {
 public:
  Exporter(Store& store, const ExportOptions& options)
      : store_(store),
        o_(options),
        tiles_(store),
        source_([this](int level, std::uint64_t index) { return tiles_.get(tree_, level, index); }) {}

  Result<Exported> run() {
    auto stored = store_.checkpoint();
    if (!stored) return stored.error();
    if (!*stored) return fail(Errc::not_found, "log", "the log has no checkpoint yet");
    auto checkpoint = checkpoint_of((*stored)->second);
    if (!checkpoint) return checkpoint.error();
    auto tree = restore_tree(store_, checkpoint->size);
    if (!tree) return tree.error();
    tree_ = std::move(*tree);
    if (tree_.root() != checkpoint->root)
      return fail(Errc::internal, "log", "the store does not give the root that was signed; run: samband log verify");

    std::error_code error;
    fs::create_directories(o_.folder, error);
    const Handle folder(o_.folder, O_RDONLY | O_DIRECTORY);
    if (folder.fd() < 0) return broken(o_.folder);
    if (::flock(folder.fd(), LOCK_EX | LOCK_NB) != 0) return conflict(o_.folder, "another export writes there now");
    auto from = already_there(*checkpoint);
    if (!from) return from.error();
    done_.from = *from, done_.size = checkpoint->size;
    if (auto r = write_tiles(); !r) return r.error();
    // Everything under the checkpoint is on the disk before the checkpoint is.
    if (::syncfs(folder.fd()) != 0) return broken(o_.folder);
    if (auto r = write("checkpoint", (*stored)->second); !r) return r.error();
    if (::syncfs(folder.fd()) != 0) return broken(o_.folder);
    drop_partial_tiles();
    return done_;
  }

 private:
  // How many entries of this very log the folder has already.
  Result<std::uint64_t> already_there(const note::Checkpoint& now) {
    std::error_code error;
    if (!fs::exists(o_.folder / "checkpoint", error)) return 0;
    std::ifstream in(o_.folder / "checkpoint", std::ios::binary);
    std::string text(64 << 10, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto there = checkpoint_of(text);
    if (!there || there->origin != now.origin) return conflict(o_.folder, "holds something else than this log");
    if (there->size > now.size)
      return conflict(o_.folder, "holds a longer log than the store: was the store restored?");
    auto root = tree_.root_at(there->size, source_);
    if (!root) return root.error();
    if (*root != there->root) return conflict(o_.folder, "holds another history of this log");
    if (there->size > 0 && fs::exists(o_.folder / "tile/entries", error) != o_.entries)
      return conflict(o_.folder, "was exported with the other choice of --hashes-only: take another folder");
    return there->size;
  }

  Result<void> write_tiles() {
    for (int level = 0; level < 8; ++level) {
      const std::uint64_t full = tree_.full_tiles_at(level);
      for (std::uint64_t index = done_.from >> (8 * (level + 1) < 64 ? 8 * (level + 1) : 63); index < full; ++index) {
        auto tile = source_(level, index);
        if (!tile) return tile.error();
        if (auto r = write(to_text(TilePath{false, level, index, 256}), (*tile)->bytes(256)); !r) return r;
        if (level > 0) continue;
        if (auto r = write_entries(index, 256); !r) return r;
        if (o_.progress) o_.progress((index + 1) * 256, done_.size);
      }
      const std::size_t width = static_cast<std::size_t>(tree_.hashes_at(level) % 256);
      if (width == 0) continue;
      if (auto r = write(to_text(TilePath{false, level, full, width}), tree_.open_tile(level).bytes(width)); !r)
        return r;
      if (level > 0) continue;
      if (auto r = write_entries(full, width); !r) return r;
    }
    if (o_.progress) o_.progress(done_.size, done_.size);
    return {};
  }

  Result<void> write_entries(std::uint64_t index, std::size_t width) {
    if (!o_.entries) return {};
    auto leaves = store_.leaves(index * 256, static_cast<int>(width));
    if (!leaves) return leaves.error();
    if (leaves->size() != width) return fail(Errc::internal, "log", "leaves of the signed log are missing");
    return write(to_text(TilePath{true, 0, index, width}), entry_bundle(*leaves));
  }

  // Under another name first: who reads the folder meanwhile sees the whole file or none.
  Result<void> write(const std::string& name, std::string_view bytes) {
    const fs::path path = o_.folder / name, beside = path.string() + ".tmp";
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    {
      const Handle file(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, o_.entries ? 0600 : 0644);
      while (!bytes.empty()) {
        const ::ssize_t n = ::write(file.fd(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return broken(path);
        bytes.remove_prefix(static_cast<std::size_t>(n));
      }
      if (file.fd() < 0) return broken(path);
    }
    fs::rename(beside, path, error);
    if (error) return broken(path);
    ++done_.files;
    return {};
  }

  // Partial tiles of the checkpoint before, where a full one stands now.
  void drop_partial_tiles() {
    std::error_code error;
    for (int level = 0; level < 8 && tree_.full_tiles_at(level) > 0; ++level) {
      const std::uint64_t index = done_.from >> (8 * (level + 1) < 64 ? 8 * (level + 1) : 63);
      if (index >= tree_.full_tiles_at(level)) continue;
      fs::remove_all(o_.folder / (to_text(TilePath{false, level, index, 256}) + ".p"), error);
      if (level == 0) fs::remove_all(o_.folder / (to_text(TilePath{true, 0, index, 256}) + ".p"), error);
    }
  }

  Store& store_;
  const ExportOptions& o_;
  merkle::Tree tree_;
  TileCache tiles_;
  merkle::TileSource source_;
  Exported done_;
};

}  // namespace

Result<Exported> export_log(Store& store, const ExportOptions& options) { return Exporter(store, options).run(); }

}  // namespace samband
