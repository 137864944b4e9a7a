// Opening: the tree is rebuilt from full tiles and the last leaves, and must give the root that was signed last.
#include "base/log.hpp"
#include "ledger/ledger_impl.hpp"

namespace samband {
namespace {

Error refuse(std::string what) { return fail(Errc::invalid_config, "ledger", std::move(what)); }

constexpr const char* kRestore =
    "; do not delete anything: keep a copy of the data folder and restore the newest backup of it";

// Hash i of a level, from what the level below is made of.
Result<merkle::Hash> stored_hash(Store& store, int level, std::uint64_t i) {
  if (level == 0) {
    auto leaf = store.leaf(i);
    if (!leaf)
      return leaf.error().code == Errc::not_found
                 ? refuse(std::string("a leaf of the signed log is missing") + kRestore)
                 : leaf.error();
    return merkle::leaf_hash(*leaf);
  }
  auto bytes = store.tile(level - 1, i);
  if (!bytes) return bytes.error();
  const auto tile = *bytes ? merkle::Tile::parse(**bytes) : std::nullopt;
  if (!tile || !tile->full()) return refuse(std::string("a tile of the signed log is missing or damaged") + kRestore);
  return tile->root();
}

}  // namespace

Result<merkle::Tree> restore_tree(Store& store, std::uint64_t size) {
  return merkle::Tree::restore(size, [&](int level, std::uint64_t i) { return stored_hash(store, level, i); });
}

Ledger::Impl::Impl(Store& s, Options o)
    : store(s),
      options(std::move(o)),
      signer(options.log_seed),
      key(note::make_verifier(options.origin, crypto::ed25519_public(options.log_seed))),
      tiles(store) {}

Result<void> Ledger::Impl::load() {
  auto stored = store.checkpoint();
  if (!stored) return stored.error();
  auto loaded = std::make_shared<Snapshot>();
  note::Checkpoint checkpoint{options.origin, 0, merkle::empty_root()};
  if (*stored) {
    const auto& [size, signed_note] = **stored;
    auto text = note::open(signed_note, key);
    if (!text)
      return refuse(
          "the last checkpoint is not signed by this log's key; check origin and log.seed in the configuration, "
          "or that data folder and keys folder belong together");
    auto parsed = note::parse_checkpoint(*text);
    if (!parsed || parsed->origin != options.origin || parsed->size != size)
      return refuse(std::string("the last checkpoint is not of this log") + kRestore);
    checkpoint = std::move(*parsed);
    loaded->checkpoint = signed_note;
  } else {
    loaded->checkpoint = note::sign(note::to_text(checkpoint), key, signer);
  }
  auto tree = restore_tree(store, checkpoint.size);
  if (!tree) return tree.error();
  if (tree->root() != checkpoint.root)
    return refuse(std::string("the log in the store does not give the root that was signed last") + kRestore);
  auto beyond = store.leaf(checkpoint.size);
  if (beyond) return refuse(std::string("the store holds leaves that were never signed") + kRestore);
  if (beyond.error().code != Errc::not_found) return beyond.error();
  loaded->tree = std::move(*tree);
  if (auto guarded = check_guard(*loaded); !guarded) return guarded;
  snapshot = std::move(loaded);
  return {};
}

Result<void> Ledger::Impl::check_guard(const Snapshot& loaded) {
  if (options.guard_file.empty()) return {};
  auto known = GuardFile::read(options.guard_file);
  if (!known) return known.error();
  if (!*known) {
    const std::uint64_t size = loaded.tree.size();
    // From its first leaf on a log has its guard, so that none is never a matter of course.
    if (size == 0) return GuardFile::put(options.guard_file, {options.origin, 0, merkle::empty_root()});
    if (!options.witnesses)
      return refuse("there is no rollback guard " + options.guard_file.string() +
                    ": nothing tells whether this is the newest data of this log. Put the guard file in its place; if "
                    "it is lost, see that nobody holds a receipt or checkpoint of more than " +
                    std::to_string(size) + " entries, then: samband log guard --size " + std::to_string(size));
    // The witnesses tell it, before anything is signed.
    log(LogLevel::warning, "ledger.no_guard", {{"log_size", std::to_string(size)}});
    return {};
  }
  const note::Checkpoint& seen = **known;
  if (seen.origin != options.origin)
    return refuse("the guard file is of another log: name the right guard file or origin in the configuration");
  if (seen.size > loaded.tree.size())
    return refuse("the data folder is older than what this log has signed (" + std::to_string(loaded.tree.size()) +
                  " leaves, " + std::to_string(seen.size) +
                  " signed): a restored backup, or another hub went on signing. Restore the newest data folder. If it "
                  "is lost, start a new log with a new origin and key, and keep this one for reading");
  auto root = loaded.tree.root_at(seen.size, tiles_of(loaded));
  if (!root) return root.error();
  if (*root != seen.root)
    return refuse(
        "the data folder holds another history than the one this log has signed: two hubs have run on copies "
        "of it. Stop both and restore the folder that the guard file belongs to");
  return {};
}

void Ledger::Impl::start() {
  if (!options.guard_file.empty()) {
    guard.emplace(options.guard_file);
    const auto state = current();
    guard->signed_now({options.origin, state->tree.size(), state->tree.root()});
  }
  writer = std::thread([this] { run(); });
}

Ledger::Impl::~Impl() {
  {
    const std::lock_guard lock(queue_mutex);
    closing = true;
  }
  queued.notify_one();
  if (writer.joinable()) writer.join();
}

Result<std::unique_ptr<Ledger>> Ledger::open(Store& store, Options options) {
  if (options.log_seed.size() != 32) return refuse("the seed of the log's key must be 32 bytes");
  if (!note::is_key_name(options.origin)) return refuse("the origin must be printable ASCII without spaces or '+'");
  auto impl = std::make_unique<Impl>(store, std::move(options));
  if (auto loaded = impl->load(); !loaded) return loaded.error();
  impl->start();
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

}  // namespace samband
