// Rotation of the log's key: both keys sign the checkpoint in between, old receipts verify as before, and a rotation
// cut short is finished once.
#include "ledger/rotate.hpp"

#include "fixture.hpp"
#include "keys/secret_file.hpp"

namespace samband {
namespace {

namespace fs = std::filesystem;

class RotateTest : public LedgerTest {
 protected:
  KeyRotation rotation() const { return {kOrigin, Bytes(32, 'k'), Bytes(32, 'n'), root_ / "log.guard", root_}; }
  Result<RotatedKey> rotate() {
    ledger_.reset();
    return rotate_log_key(*store_, rotation(), Time(std::chrono::milliseconds(5)));
  }
  void save_beside(const char* name, const char* text) { ASSERT_TRUE(write_secret_file(root_ / name, text)); }
  Result<std::unique_ptr<Ledger>> open_with(char seed) {
    Ledger::Options o = options();
    o.log_seed = Bytes(32, seed);
    return Ledger::open(*store_, o);
  }
};

TEST_F(RotateTest, TheLogGoesOnUnderTheNewKeyAndOldReceiptsVerify) {
  append_many(300);  // past a tile
  const std::string old_key = ledger_->verifier_key(), receipt = ledger_->receipt(7).value();
  const RotatedKey done = rotate().value();
  EXPECT_EQ(done.old_key, old_key);
  EXPECT_FALSE(done.was_done);
  const std::string between = store_->checkpoint().value()->second;
  EXPECT_EQ(done.checkpoint, between) << "handed out now: the next commit replaces it";
  EXPECT_EQ(rotation_checkpoint(root_).value(), between) << "and kept beside";
  for (const std::string& key : {done.old_key, done.new_key})
    EXPECT_TRUE(note::open(between, note::parse_verifier(key).value())) << "both sign";
  const Leaf leaf = decode_leaf(store_->leaf(done.leaf_index).value()).value();
  EXPECT_EQ(leaf.type, LeafType::key);
  EXPECT_EQ(leaf.subject_id, done.new_key);

  ledger_ = open_with('n').value();
  ASSERT_TRUE(append("after"));
  EXPECT_EQ(ledger_->verifier_key(), done.new_key);
  EXPECT_TRUE(note::open(ledger_->checkpoint(), note::parse_verifier(done.new_key).value()));
  EXPECT_FALSE(note::open(ledger_->checkpoint(), note::parse_verifier(done.old_key).value()));
  EXPECT_TRUE(Ledger::verify(*store_, done.new_key)->problems.empty());
  const std::string old_checkpoint = note::parse_proof(receipt)->checkpoint;
  EXPECT_TRUE(note::open(old_checkpoint, note::parse_verifier(old_key).value())) << "as it always did";
  ledger_.reset();
  EXPECT_FALSE(open_with('k')) << "the old key signs no more";
}

TEST_F(RotateTest, CutShortAfterTheCommitItIsNotDoneTwice) {
  ASSERT_TRUE(append("a"));
  EXPECT_EQ(rotation_checkpoint(root_).error().code, Errc::not_found);
  ASSERT_TRUE(rotate());
  fs::remove(root_ / "log.rotation-2.checkpoint");  // cut short before it was kept
  const auto size = store_->count("leaf").value();
  const RotatedKey again = rotate().value();
  EXPECT_TRUE(again.was_done);
  EXPECT_EQ(again.checkpoint, store_->checkpoint().value()->second) << "whoever lost the words gets them again";
  EXPECT_EQ(rotation_checkpoint(root_).value(), again.checkpoint);
  EXPECT_EQ(store_->count("leaf").value(), size);
}

TEST_F(RotateTest, AStartPutsTheSeedInPlaceThatTheLogNames) {
  const auto keys = root_ / "keys";
  fs::create_directory(keys);
  ASSERT_TRUE(write_secret_file(keys / "log.seed", Bytes(32, 'k')));
  ASSERT_TRUE(append("a"));
  ledger_.reset();
  EXPECT_FALSE(finish_log_rotation(*store_, kOrigin, keys, root_).value()) << "none is under way";
  ASSERT_TRUE(write_secret_file(keys / "log.seed.next", Bytes(32, 'n')));
  EXPECT_FALSE(finish_log_rotation(*store_, kOrigin, keys, root_).value()) << "the log does not name it yet";
  ASSERT_TRUE(rotate());
  const std::string both = store_->checkpoint().value()->second;
  fs::remove(root_ / "log.rotation-2.checkpoint");
  save_beside("log.rotation-2.checkpoint", "of a run before");
  save_beside("log.rotation-1.checkpoint", "an older one");
  EXPECT_TRUE(finish_log_rotation(*store_, kOrigin, keys, root_).value());
  EXPECT_EQ(read_secret_file(keys / "log.seed", 32).value(), Bytes(32, 'n'));
  ledger_ = open_with('n').value();
  ASSERT_TRUE(append("after"));
  EXPECT_EQ(rotation_checkpoint(root_).value(), both) << "also when the log has gone on";
  EXPECT_FALSE(finish_log_rotation(*store_, kOrigin, keys, root_).value());
}

TEST_F(RotateTest, AnotherHistoryIsNotSigned) {
  ASSERT_TRUE(append("a"));
  ledger_.reset();
  KeyRotation wrong = rotation();
  wrong.old_seed = Bytes(32, 'x');
  EXPECT_FALSE(rotate_log_key(*store_, wrong, Time{})) << "not this log's key";
  EXPECT_EQ(store_->count("leaf").value(), 1);
}

}  // namespace
}  // namespace samband
