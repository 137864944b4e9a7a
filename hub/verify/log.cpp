// A whole log, from its entries up: entries -> leaf hashes -> tiles of every level -> root -> signature.
#include <array>
#include <cstring>

#include "verify/checks.hpp"
#include "verify/entry.hpp"
#include "verify/log_folder.hpp"
#include "verify/note.hpp"
#include "verify/text.hpp"

namespace samband::verify {
namespace {

using Files = std::vector<LogFolder::File>;

class LogCheck {
 public:
  LogCheck(LogFolder folder, const Checkpoint& checkpoint, bool opaque, const Progress& progress, Outcome& out)
      : folder_(std::move(folder)),
        checkpoint_(checkpoint),
        opaque_(opaque),
        progress_(progress),
        out_(out),
        tree_([this](int level, std::uint64_t index, std::span<const Hash> hashes) { tile(level, index, hashes); }) {}

  void run() {
    if (!opaque_ && !folder_.has_entries() && checkpoint_.size > 0)
      return out_.add(unusable("tile/entries", {"is not there: without entries only --opaque is possible",
                                                "finns inte: utan poster går bara --opaque"}));
    const std::uint64_t size = checkpoint_.size;
    for (std::uint64_t first = 0; first < size; first += kTileWidth) {
      if (!step(first, static_cast<std::size_t>(std::min<std::uint64_t>(kTileWidth, size - first)))) return;
      if (progress_ && first / kTileWidth % 64 == 0) progress_(first, size);
    }
    const Hash root = tree_.finish();
    if (progress_) progress_(size, size);
    if (root != checkpoint_.root)
      problem("checkpoint", {"has another root than the entries give", "har en annan rot än posterna ger"});
    report();
  }

 private:
  void problem(const std::string& where, Words words) { out_.add(invalid(where, std::move(words))); }

  // The leaves from `first` on; false when nothing is there to go on with.
  bool step(std::uint64_t first, std::size_t width) {
    const std::uint64_t index = first / kTileWidth;
    level0_ = folder_.files(0, index);
    hashes_.clear();
    if (folder_.has_entries()) bundle(index, width);
    // Entries that cannot be read keep their places: later ones may say that they rest on them.
    tags_.resize(opaque_ ? 0 : first + width);
    if (hashes_.empty()) {
      for (const LogFolder::File& file : level0_)
        if (file.width >= width && file.bytes.size() == 32 * file.width) {
          for (std::size_t i = 0; i < width; ++i)
            hashes_.push_back(*to_hash(std::string_view(file.bytes).substr(32 * i, 32)));
          break;
        }
      if (hashes_.empty()) {
        if (const auto left = opaque_ && index == 0 ? first_left() : std::nullopt) {
          const std::string n = std::to_string(*left * kTileWidth);
          out_.add(unusable("tile", {"entries before number " + n +
                                         " are not there: the log was pruned, or somebody removed them; its root "
                                         "cannot be recomputed without them",
                                     "poster före nummer " + n +
                                         " finns inte: loggen är gallrad, eller någon har tagit bort dem; utan dem kan "
                                         "roten inte räknas om"}));
          return false;
        }
        problem(folder_.name_of(0, index), {"is missing or damaged, so that nothing after it can be checked",
                                            "saknas eller är skadad, så att inget efter den kan kontrolleras"});
        return false;
      }
    }
    for (const Hash& hash : hashes_) tree_.push(hash);
    return true;
  }

  // The first tile of leaves that is there, when those before it are gone. A log of others may be pruned so (C2SP
  // tlog-tiles); ours never is, and a folder cannot tell a pruned log from a robbed one.
  std::optional<std::uint64_t> first_left() {
    const auto is_there = [this](std::uint64_t index) {
      return !folder_.files(0, index).empty() || !folder_.files(LogFolder::kEntries, index).empty();
    };
    std::uint64_t gone = 0, there = (checkpoint_.size - 1) / kTileWidth;
    if (there == 0 || is_there(gone) || !is_there(there)) return std::nullopt;
    while (there - gone > 1) {
      const std::uint64_t middle = gone + (there - gone) / 2;
      (is_there(middle) ? there : gone) = middle;
    }
    return there;
  }

  // Fills hashes_ from the entries, when they are there.
  void bundle(std::uint64_t index, std::size_t width) {
    const Files files = folder_.files(LogFolder::kEntries, index);
    const LogFolder::File* source = nullptr;
    for (const LogFolder::File& file : files) {
      if (!split(file)) {
        problem(file.name,
                file.bytes.starts_with("\x1f\x8b")
                    ? Words{"is compressed (gzip): unpack it first", "är komprimerad (gzip): packa upp den först"}
                    : Words{"holds another number of entries than its name says, or cannot be read",
                            "innehåller ett annat antal poster än namnet säger, eller kan inte läsas"});
      } else if (source == nullptr && file.width >= width) {
        source = &file;
      }
    }
    if (source == nullptr) {
      if (!opaque_ && files.empty()) problem(folder_.name_of(LogFolder::kEntries, index), {"is missing", "saknas"});
      if (!opaque_ && !files.empty())
        problem(folder_.name_of(LogFolder::kEntries, index), {"is not there in the width that the checkpoint wants",
                                                              "finns inte i den bredd som kontrollpunkten kräver"});
      return;
    }
    for (const LogFolder::File& other : files)
      if (&other != source && !same_beginning(other.bytes, source->bytes))
        problem(other.name,
                {"differs from another bundle of the same entries", "skiljer sig från en annan bunt med samma poster"});
    split(*source);
    for (std::size_t i = 0; i < width; ++i) {
      hashes_.push_back(leaf_hash(entries_[i]));
      if (!opaque_) own_entry(index * kTileWidth + i, entries_[i]);
    }
    entries_seen_ += width;
  }

  // Into entries_; false unless the file holds exactly as many as its name says.
  bool split(const LogFolder::File& file) {
    entries_.clear();
    std::string_view rest = file.bytes;
    while (rest.size() >= 2 && entries_.size() < file.width) {
      const std::size_t size = static_cast<unsigned char>(rest[0]) << 8 | static_cast<unsigned char>(rest[1]);
      if (rest.size() < 2 + size) return false;
      entries_.push_back(rest.substr(2, size));
      rest.remove_prefix(2 + size);
    }
    return rest.empty() && entries_.size() == file.width;
  }

  static bool same_beginning(std::string_view a, std::string_view b) {
    const std::size_t n = std::min(a.size(), b.size());
    return a.substr(0, n) == b.substr(0, n);
  }

  void own_entry(std::uint64_t index, std::string_view bytes) {
    const auto where = [index] { return "entry " + std::to_string(index); };
    auto mistake = read_entry(bytes, index, entry_);
    tags_.push_back(mistake ? 0 : tag(entry_.type, entry_.subject));
    if (mistake) return problem(where(), std::move(*mistake));
    ++by_type_[entry_.type];
    if (entry_.type == Entry::kIndex) {
      const bool root = entry_.relies_on.size() == 1 && entry_.commitment.size() == 32;
      if (!root || entry_.relies_on[0] + 1 < covered_)
        problem(where(), {"is no root of the index, or covers less than an earlier one",
                          "är ingen rot till registret, eller omfattar mindre än en tidigare"});
      else
        covered_ = entry_.relies_on[0] + 1;
    }
    if (entry_.type != Entry::kAcknowledgement) return;
    const std::uint64_t decision = tag(Entry::kDecision, entry_.subject);
    for (const std::uint64_t earlier : entry_.relies_on)
      if (tags_[earlier] == decision) return;
    problem(where(), {"acknowledges something that no earlier decision released",
                      "bekräftar något som inget tidigare beslut har släppt"});
  }

  // Type and subject of an entry in eight bytes, for those that later ones rest on.
  static std::uint64_t tag(std::uint64_t type, std::string_view subject) {
    if (type != Entry::kDecision) return type << 56;
    const Hash hash = sha256({subject});
    std::uint64_t bits = 0;
    std::memcpy(&bits, hash.data(), sizeof bits);
    return type << 56 | bits >> 8;
  }

  void tile(int level, std::uint64_t index, std::span<const Hash> hashes) {
    const Files read = level == 0 ? Files() : folder_.files(level, index);
    const Files& files = level == 0 ? level0_ : read;
    bool covered = false;
    for (const LogFolder::File& file : files) {
      covered = covered || file.width >= hashes.size();
      const std::size_t common = std::min(file.width, hashes.size());
      if (file.bytes.size() != 32 * file.width)
        problem(file.name, {"has another length than its name says, or cannot be read",
                            "har en annan längd än namnet säger, eller kan inte läsas"});
      else if (std::memcmp(file.bytes.data(), hashes.data(), 32 * common) != 0)
        problem(file.name, {"differs from what lies below it", "skiljer sig från det som ligger under den"});
    }
    if (!covered) problem(folder_.name_of(level, index), {"is missing", "saknas"});
  }

  void report() {
    std::vector<std::string> names;
    const std::uint64_t unread = folder_.unread(names);
    if (unread > 0) {
      std::string list;
      for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
      const std::string n = std::to_string(unread);
      out_.notices.push_back({n + " files are not covered by the checkpoint and were not checked: " + list,
                              n + " filer täcks inte av kontrollpunkten och kontrollerades inte: " + list});
    }
    out_.number("entries", {"entries read", "lästa poster"}, entries_seen_);
    if (opaque_ && entries_seen_ < checkpoint_.size)
      out_.notices.push_back({"entries that are not there were taken by their hashes",
                              "poster som inte finns här togs genom sina hashvärden"});
    for (std::size_t type = 1; type < by_type_.size(); ++type)
      if (by_type_[type] > 0) out_.number("entries_" + type_name(type).en, type_name(type), by_type_[type]);
  }

  LogFolder folder_;
  const Checkpoint& checkpoint_;
  const bool opaque_;
  const Progress& progress_;
  Outcome& out_;
  TreeBuilder tree_;
  Files level0_;
  std::vector<Hash> hashes_;
  std::vector<std::string_view> entries_;
  Entry entry_;
  std::vector<std::uint64_t> tags_;  // of every own entry: 80 MB for ten million
  std::array<std::uint64_t, Entry::kLast + 1> by_type_{};
  std::uint64_t entries_seen_ = 0;
  std::uint64_t covered_ = 0;  // by the newest root of the completeness index
};

}  // namespace

Outcome check_log(const LogOptions& o, const Progress& progress) {
  Outcome out;
  const auto stop = [&out](const Problem& p) {
    out.add(p);
    return out;
  };
  auto key = parse_key(o.vkey);
  if (!key) return stop(key.problem());
  auto folder = LogFolder::open(o.folder);
  if (!folder) return stop(folder.problem());
  auto note = folder->checkpoint();
  if (!note) return stop(note.problem());
  auto checkpoint = open_checkpoint(*note, *key, !o.opaque, "checkpoint");
  if (!checkpoint) return stop(checkpoint.problem());
  describe(*checkpoint, *key, out);
  LogCheck(std::move(*folder), *checkpoint, o.opaque, progress, out).run();
  const std::string n = std::to_string(checkpoint->size);
  out.summary = {"the log is whole: " + n + " entries give the signed root",
                 "loggen är hel: " + n + " poster ger den signerade roten"};
  return out;
}

}  // namespace samband::verify
