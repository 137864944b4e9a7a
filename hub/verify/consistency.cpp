// Is an old checkpoint the beginning of the log that is in a folder? Reads the few tiles that the proof needs.
#include <map>

#include "verify/checks.hpp"
#include "verify/log_folder.hpp"
#include "verify/note.hpp"

namespace samband::verify {
namespace {

constexpr std::size_t kCheckpointSizeMax = 1 << 20;

// Nodes of the tree out of its tiles. What they are worth is decided by the proof that is made of them.
class Nodes {
 public:
  Nodes(LogFolder& folder, std::uint64_t size, bool opaque) : folder_(folder), size_(size), opaque_(opaque) {}

  Result<Hash> hash(const Node& node) {
    const int level = node.height / 8, inside = node.height % 8;
    const std::uint64_t begin = node.index << inside, count = std::uint64_t{1} << inside;
    auto tile = hashes(level, begin / kTileWidth);
    if (!tile) return tile.problem();
    return fold(std::span<const Hash>(**tile).subspan(begin % kTileWidth, count));
  }

 private:
  Result<const std::vector<Hash>*> hashes(int level, std::uint64_t index) {
    const auto known = tiles_.find({level, index});
    if (known != tiles_.end()) return &known->second;
    const std::uint64_t there = level < 8 ? size_ >> (8 * level) : 0;
    const std::size_t width = static_cast<std::size_t>(std::min<std::uint64_t>(kTileWidth, there - index * kTileWidth));
    const auto files = folder_.files(level, index);
    // Ours are never pruned.
    if (files.empty() && opaque_)
      return unusable(
          folder_.name_of(level, index),
          {"is not there: the log was pruned, or somebody removed it; the two cannot be compared without it",
           "finns inte: loggen är gallrad, eller någon har tagit bort den; utan den kan de två inte jämföras"});
    for (const LogFolder::File& file : files) {
      if (file.width < width || file.bytes.size() != 32 * file.width) continue;
      std::vector<Hash> row;
      for (std::size_t i = 0; i < width; ++i) row.push_back(*to_hash(std::string_view(file.bytes).substr(32 * i, 32)));
      return &tiles_.emplace(std::pair(level, index), std::move(row)).first->second;
    }
    return invalid(folder_.name_of(level, index), {"is missing or damaged", "saknas eller är skadad"});
  }

  LogFolder& folder_;
  std::uint64_t size_;
  bool opaque_;
  std::map<std::pair<int, std::uint64_t>, std::vector<Hash>> tiles_;
};

Result<Hash> hash_of(Nodes& nodes, const ProofPart& part) {
  std::vector<Hash> row;
  for (const Node& node : part) {
    auto hash = nodes.hash(node);
    if (!hash) return hash;
    row.push_back(*hash);
  }
  return fold_right(row);
}

}  // namespace

Outcome check_consistency(const std::filesystem::path& old_file, const LogOptions& o) {
  Outcome out;
  const auto stop = [&out](const Problem& p) {
    out.add(p);
    return out;
  };
  auto key = parse_key(o.vkey);
  if (!key) return stop(key.problem());
  auto old_key = o.old_vkey.empty() ? key : parse_key(o.old_vkey);
  if (!old_key) return stop(unusable("--old-vkey", old_key.problem().words));
  auto old_note = read_file(old_file, kCheckpointSizeMax);
  if (!old_note) return stop(old_note.problem());
  auto older = open_checkpoint(*old_note, *old_key, !o.opaque, old_file.filename().string());
  if (!older) return stop(older.problem());
  auto folder = LogFolder::open(o.folder);
  if (!folder) return stop(folder.problem());
  auto note = folder->checkpoint();
  if (!note) return stop(note.problem());
  auto newer = open_checkpoint(*note, *key, !o.opaque, "checkpoint");
  if (!newer) return stop(newer.problem());
  describe(*newer, *key, out);
  out.number("oldSize", {"entries in the old checkpoint", "poster i den gamla kontrollpunkten"}, older->size);
  if (older->origin != newer->origin)
    return stop(invalid("checkpoint", {"is of another log than the old one", "gäller en annan logg än den gamla"}));
  if (older->size > newer->size)
    return stop(invalid("checkpoint", {"is over fewer entries than the old one: entries are gone",
                                       "omfattar färre poster än den gamla: poster är borta"}));
  Nodes nodes(*folder, newer->size, o.opaque);
  std::vector<Hash> proof;
  for (const ProofPart& part : consistency_parts(older->size, newer->size)) {
    auto hash = hash_of(nodes, part);
    if (!hash) return stop(hash.problem());
    proof.push_back(*hash);
  }
  if (!consistent(older->size, newer->size, older->root, newer->root, proof))
    return stop(invalid("checkpoint", {"does NOT continue the old one: two histories, or damaged tiles",
                                       "fortsätter INTE den gamla: två historier, eller skadade plattor"}));
  out.summary = {"the old checkpoint is the beginning of this log: nothing was changed or removed",
                 "den gamla kontrollpunkten är början på den här loggen: inget har ändrats eller tagits bort"};
  return out;
}

}  // namespace samband::verify
