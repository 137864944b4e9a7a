#include "access/person_index.hpp"

#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr int kLeavesPerRead = 1000, kTriesMax = 5;

template <class Use>
void for_each_part(std::string_view joined, const Use& use) {
  while (!joined.empty()) {
    const std::size_t comma = joined.find(',');
    if (comma != 0) use(joined.substr(0, comma));
    if (comma == std::string_view::npos) return;
    joined.remove_prefix(comma + 1);
  }
}

}  // namespace

PersonIndex::PersonIndex(Store& store, Ledger& ledger, const KeyStore& keys, const Clock& clock)
    : store_(store), ledger_(ledger), clock_(clock), label_key_(keys.subject_ref("samband/index/1")) {}

index::Hash PersonIndex::label_of(std::string_view subject_ref) const {
  return merkle::to_hash(crypto::hmac_sha256(label_key_, subject_ref));
}

// Keyed references, comma-separated, of everybody whom the leaf is about; a leaf that is about nobody, or about what
// was erased, has none.
Result<std::string> PersonIndex::subjects_of(const Leaf& leaf) {
  if (leaf.subject_id.empty()) return std::string();
  if (leaf.type == LeafType::consent || leaf.type == LeafType::revocation) {
    auto consent = store_.consent(leaf.subject_id);
    if (!consent) return consent.error();
    return *consent ? (*consent)->subject_ref : std::string();
  }
  std::string id = leaf.subject_id;
  if (leaf.type == LeafType::origin) {
    // Every exchange of a message is about the same persons.
    auto message = store_.message(id);
    if (!message) return message.error();
    if (!*message) return std::string();
    id = (*message)->exchanges.substr(0, (*message)->exchanges.find(','));
  }
  if (id == last_id_) return last_subjects_;
  auto exchange = store_.exchange(id);
  if (!exchange) return exchange.error();
  last_id_ = id;
  last_subjects_ = *exchange ? (*exchange)->subject_refs : std::string();
  return last_subjects_;
}

Result<void> PersonIndex::read_up_to(std::uint64_t size) {
  while (read_ < size) {
    const auto wanted = std::min<std::uint64_t>(size - read_, kLeavesPerRead);
    auto leaves = store_.leaves(read_, static_cast<int>(wanted));
    if (!leaves) return leaves.error();
    if (leaves->empty()) return fail(Errc::internal, "log", "leaves of the signed log are missing");
    for (const Bytes& bytes : *leaves) {
      auto leaf = decode_leaf(bytes);
      if (!leaf) return fail(Errc::internal, "log", "a leaf cannot be read; run: samband log verify");
      auto subjects = subjects_of(*leaf);
      if (!subjects) return subjects.error();
      for_each_part(*subjects, [&](std::string_view ref) {
        auto& list = lists_[label_of(ref)];
        if (list.empty() || list.back() != read_) list.push_back(read_);
      });
      ++read_;
    }
  }
  return {};
}

Result<PersonIndex::Epoch> PersonIndex::make_epoch() {
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const std::uint64_t generation = generation_;
    if (generation != read_generation_) {
      lists_.clear();
      read_ = 0;
      read_generation_ = generation;
    }
    last_id_.clear();
    const std::uint64_t size = ledger_.size();
    if (size == 0) return fail(Errc::conflict, "log", "the log is empty: there is nothing to cover");
    if (auto read = read_up_to(size); !read) {
      forget();  // half a leaf may be in the lists
      return read.error();
    }
    if (generation != generation_) continue;
    Leaf leaf = make_leaf(LeafType::index, clock_.now(), {}, {}, {}, "epoch", {size - 1});
    leaf.payload_commitment = Bytes(merkle::view(index::root(lists_)));
    auto done = ledger_.commit_blocking({std::move(leaf)},
                                        [](Txn&, const std::vector<std::uint64_t>&) { return Result<void>(); });
    if (!done) return done.error();
    return Epoch{size, done->leaves.at(0)};
  }
  return fail(Errc::conflict, "index", "persons are being erased this moment: try again");
}

Result<std::uint64_t> PersonIndex::log_epoch() {
  const std::lock_guard lock(mutex_);
  auto epoch = make_epoch();
  if (!epoch) return epoch.error();
  return epoch->leaf_index;
}

Result<IndexAnswer> PersonIndex::epoch_about(std::string_view subject_ref) {
  const std::lock_guard lock(mutex_);
  auto epoch = make_epoch();
  if (!epoch) return epoch.error();
  IndexAnswer out;
  out.label = label_of(subject_ref);
  out.covered = epoch->covered;
  out.leaf_index = epoch->leaf_index;
  if (const auto own = lists_.find(out.label); own != lists_.end()) out.own = own->second;
  out.walk = index::walk(lists_, out.label);
  return out;
}

}  // namespace samband
