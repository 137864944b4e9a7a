#include "ledger/prove.hpp"

#include "ledger/ledger_impl.hpp"
#include "ledger/note.hpp"
#include "ledger/tree.hpp"

namespace samband {

Result<ProvenLeaves> prove(Store& store, const std::vector<std::uint64_t>& indices) {
  auto stored = store.checkpoint();
  if (!stored) return stored.error();
  if (!*stored) return fail(Errc::not_found, "log", "the log has no checkpoint yet");
  const std::string& signed_note = (*stored)->second;
  const std::size_t blank = signed_note.rfind("\n\n");
  auto checkpoint =
      note::parse_checkpoint(std::string_view(signed_note).substr(0, blank == std::string::npos ? 0 : blank + 1));
  if (!checkpoint) return checkpoint.error();
  auto tree = restore_tree(store, checkpoint->size);
  if (!tree) return tree.error();
  if (tree->root() != checkpoint->root)
    return fail(Errc::internal, "log", "the store does not give the root that was signed; run: samband log verify");
  TileCache tiles(store);
  const merkle::TileSource source = [&](int level, std::uint64_t i) { return tiles.get(*tree, level, i); };
  ProvenLeaves out{checkpoint->size, signed_note, {}};
  for (const std::uint64_t index : indices) {
    if (index >= out.size) return fail(Errc::not_found, "log", "no such leaf");
    auto bytes = store.leaf(index);
    if (!bytes) return bytes.error();
    auto in_tree = tree->leaf(index, source);
    if (!in_tree) return in_tree.error();
    if (merkle::leaf_hash(*bytes) != *in_tree)
      return fail(Errc::internal, "log", "a leaf in the store is not the one that was signed; run: samband log verify");
    auto proof = tree->inclusion(index, out.size, source);
    if (!proof) return proof.error();
    out.leaves.push_back({index, std::move(*bytes), std::move(*proof)});
  }
  return out;
}

}  // namespace samband
