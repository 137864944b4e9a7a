// Full verification, from the entries up. It trusts nothing in the store but the checkpoint's signature.
#include <optional>

#include "ledger/ledger.hpp"
#include "ledger/note.hpp"
#include "ledger/tree.hpp"

namespace samband {
namespace {

constexpr std::size_t kProblemsMax = 1000;
constexpr int kPage = 1000;

class Verifier {
 public:
  Verifier(Store& store, const std::function<void(std::uint64_t, std::uint64_t)>& progress)
      : store_(store), progress_(progress) {}

  Result<Ledger::Verification> run(const note::Verifier& key) {
    auto stored = store_.checkpoint();
    if (!stored) return stored.error();
    std::optional<note::Checkpoint> checkpoint;
    if (*stored) {
      auto text = note::open((*stored)->second, key);
      auto parsed = text ? note::parse_checkpoint(*text) : Result<note::Checkpoint>(text.error());
      if (!parsed) {
        problem("checkpoint", "does not carry a valid signature of the log's key");
      } else if (parsed->origin != key.name || parsed->size != (*stored)->first) {
        problem("checkpoint", "is of another log or another size than the store says");
      } else {
        checkpoint = std::move(*parsed);
      }
    }
    auto leaves = store_.count("leaf");
    auto exchanges = store_.count("exchange");
    if (!leaves || !exchanges) return (leaves ? exchanges : leaves).error();
    total_ = static_cast<std::uint64_t>(*leaves + *exchanges);
    if (auto r = check_leaves(); !r) return r.error();
    if (static_cast<std::uint64_t>(*leaves) != tree_.size())
      problem("leaf/" + std::to_string(tree_.size()), "is missing although later leaves exist");
    if (auto r = check_tiles(); !r) return r.error();
    if (checkpoint) {
      if (checkpoint->size != tree_.size())
        problem("checkpoint", "is over " + std::to_string(checkpoint->size) + " leaves, the store holds " +
                                  std::to_string(tree_.size()));
      else if (checkpoint->root != tree_.root())
        problem("checkpoint", "has another root than the leaves give");
    } else if (!*stored && tree_.size() > 0) {
      problem("checkpoint", "is missing although there are leaves");
    }
    if (auto r = check_exchanges(); !r) return r.error();
    if (auto r = check_rules(); !r) return r.error();
    if (progress_) progress_(total_, total_);
    result_.size = tree_.size();
    result_.root_hex = to_hex(merkle::view(tree_.root()));
    return std::move(result_);
  }

 private:
  void problem(std::string where, std::string what) {
    if (result_.problems.size() < kProblemsMax)
      result_.problems.push_back(fail(Errc::internal, std::move(where), std::move(what)));
  }
  void step() {
    if (progress_ && ++done_ % kPage == 0) progress_(done_, total_);
  }

  Result<void> check_leaves() {
    for (;;) {
      auto page = store_.leaves(tree_.size(), kPage);
      if (!page) return page.error();
      if (page->empty()) return {};
      for (const Bytes& bytes : *page) {
        const std::uint64_t index = tree_.size();
        tree_.append(merkle::leaf_hash(bytes), filled_);
        if (auto r = check_leaf(index, bytes); !r) return r;
        step();
      }
      if (auto r = check_filled(); !r) return r;
    }
  }

  Result<void> check_leaf(std::uint64_t index, const Bytes& bytes) {
    const std::string where = "leaf/" + std::to_string(index);
    auto leaf = decode_leaf(bytes);
    if (!leaf) {
      problem(where, "cannot be read: " + leaf.error().message);
      return {};
    }
    if (leaf->type == LeafType::rule_set && (leaf->outcome == "first" || leaf->outcome == "approved")) {
      if (leaf->outcome == "first" && !rules_.empty()) problem(where, "begins with rules from disk once more");
      rules_ = leaf->ruleset_hash;
    }
    if (leaf->type != LeafType::decision) return {};
    auto row = store_.exchange(leaf->subject_id);
    if (!row) {
      problem(where, "the exchange it decided cannot be read");
    } else if (!*row) {
      problem(where, "decides an exchange that is not in the store");
    } else if ((*row)->leaf_index < index) {
      problem(where, "is a newer decision than the one its exchange cites");
    }
    return {};
  }

  Result<void> check_filled() {
    for (const merkle::FullTile& tile : filled_) {
      auto stored = store_.tile(tile.level, tile.index);
      if (!stored) return stored.error();
      const std::string where = "tile/" + std::to_string(tile.level) + "/" + std::to_string(tile.index);
      if (!*stored) {
        problem(where, "is missing");
      } else if (**stored != tile.tile->bytes(merkle::Tile::kWidth)) {
        problem(where, "differs from what the leaves give");
      }
      ++tiles_;
    }
    filled_.clear();
    return {};
  }

  Result<void> check_tiles() {
    auto count = store_.count("tile");
    if (!count) return count.error();
    if (static_cast<std::uint64_t>(*count) > tiles_)
      problem("tile", "the store holds tiles that the leaves do not fill");
    return {};
  }

  Result<void> check_exchanges() {
    ExchangeFilter filter;
    filter.limit = kPage;
    for (;;) {
      auto page = store_.exchanges(filter);
      if (!page) {
        problem("exchange", "rows cannot be read: " + page.error().message);
        return {};
      }
      if (page->empty()) return {};
      for (const ExchangeRow& row : *page) {
        if (auto r = check_exchange(row); !r) return r;
        step();
      }
      filter.after = page->back().id;
    }
  }

  Result<void> check_exchange(const ExchangeRow& row) {
    const std::string where = "exchange/" + row.id;
    auto leaf = cited(row.leaf_index);
    if (!leaf || leaf->type != LeafType::decision) {
      problem(where, "cites a leaf that is not a readable decision");
    } else if (leaf->subject_id != row.id) {
      problem(where, "cites the decision of another exchange");
    } else if (leaf->outcome != row.outcome) {
      problem(where, "has another outcome than its decision");
    } else if ((!leaf->sender.empty() && leaf->sender != row.sender) ||
               (!leaf->recipient.empty() && leaf->recipient != row.recipient)) {
      problem(where, "has another sender or recipient than its decision");
    }
    if (!row.ack_leaf_index) return {};
    auto ack = cited(*row.ack_leaf_index);
    if (!ack || ack->type != LeafType::acknowledgement || ack->subject_id != row.id)
      problem(where, "cites a leaf that is not its acknowledgement");
    return {};
  }

  // The hub decides by the set that the log says was published last.
  Result<void> check_rules() {
    auto sets = store_.rule_sets();
    if (!sets) return sets.error();
    std::string active;
    for (const RuleSetRow& row : *sets)
      if (row.state == "active") active = row.hash;
    if (active != rules_) problem("rule_set", "the active one is not the one that the log says was published last");
    return {};
  }

  std::optional<Leaf> cited(std::uint64_t index) {
    auto bytes = store_.leaf(index);
    auto leaf = bytes ? decode_leaf(*bytes) : Result<Leaf>(bytes.error());
    if (!leaf) return std::nullopt;
    return std::move(*leaf);
  }

  Store& store_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
  Ledger::Verification result_;
  std::string rules_;  // hash of the set published last
  merkle::Tree tree_;
  std::vector<merkle::FullTile> filled_;
  std::uint64_t done_ = 0, total_ = 0, tiles_ = 0;
};

}  // namespace

Result<Ledger::Verification> Ledger::verify(Store& store, std::string_view verifier_key,
                                            const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  auto key = note::parse_verifier(verifier_key);
  if (!key) return key.error();
  return Verifier(store, progress).run(*key);
}

}  // namespace samband
