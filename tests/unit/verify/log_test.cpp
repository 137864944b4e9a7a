#include <sys/stat.h>

#include "fixture.hpp"

namespace samband::verify {
namespace {

using testing::HasSubstr;
class VerifyLog : public VerifyTest {};

TEST_F(VerifyLog, LogsOfEveryShapeAreWhole) {
  for (const int size : {0, 1, 2, 7, 255, 256, 257, 600}) {
    TestLog log;
    for (const std::string& entry : own_entries(size)) log.append(entry);
    fs::remove_all(folder());
    log.write(folder());
    const Ran ran = verify({"log", folder().string(), "--vkey", log.vkey()});
    EXPECT_EQ(ran.code, 0) << size << ran.out;
    EXPECT_THAT(ran.out, HasSubstr("VALID"));
    fs::remove_all(folder() / "tile/entries");
    EXPECT_EQ(verify({"log", folder().string(), "--vkey", log.vkey()}).code, size == 0 ? 0 : 2) << size;
    EXPECT_EQ(verify({"log", folder().string(), "--vkey", log.vkey(), "--opaque"}).code, 0) << size;
  }
}

// Every bit of every file, of a log of one tile.
TEST_F(VerifyLog, EveryFlippedBitIsDetected) {
  grown(6).write(folder());
  save(folder() / "tile/0/000.p/2", slurp(folder() / "tile/0/000.p/6").substr(0, 64));  // left from a smaller tree
  save(folder() / "tile/entries/000.p/4", log_.bundle(0, 4));
  ASSERT_EQ(check_log().code, 0) << check_log().out;
  std::size_t flips = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder())) {
    if (!file.is_regular_file()) continue;
    const std::string bytes = slurp(file.path());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit, ++flips) {
      poke(file.path(), bit / 8, static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8));
      ASSERT_NE(check_log().code, 0) << file.path() << " bit " << bit;
      poke(file.path(), bit / 8, bytes[bit / 8]);
    }
  }
  EXPECT_GT(flips, 15000u);
  EXPECT_EQ(check_log().code, 0);
}

// Every byte of every file of a log with full tiles and a second level, its hashes and entries of any bytes.
TEST_F(VerifyLog, EveryFlippedByteOfALogWithTwoLevelsIsDetected) {
  for (int i = 0; i < 258; ++i) log_.append(std::string(1, static_cast<char>(i)));
  log_.write(folder());
  ASSERT_EQ(check_log({"--opaque"}).code, 0);
  std::size_t flips = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder())) {
    if (!file.is_regular_file()) continue;
    const std::string bytes = slurp(file.path());
    for (std::size_t i = 0; i < bytes.size(); ++i, ++flips) {
      poke(file.path(), i, static_cast<char>(bytes[i] ^ 1 << i % 8));
      ASSERT_NE(check_log({"--opaque"}).code, 0) << file.path() << " byte " << i;
      poke(file.path(), i, bytes[i]);
    }
  }
  EXPECT_GT(flips, 9000u);
}

TEST_F(VerifyLog, WhatIsMissingCutLongerOrSwappedIsDetected) {
  grown(600).write(folder());
  std::vector<fs::path> files;
  for (const auto& file : fs::recursive_directory_iterator(folder()))
    if (file.is_regular_file()) files.push_back(file.path());
  EXPECT_EQ(files.size(), 8u);
  for (const fs::path& file : files) {
    const std::string bytes = slurp(file);
    fs::remove(file);
    EXPECT_NE(check_log().code, 0) << file;
    for (const std::string& wrong :
         {std::string(), bytes.substr(0, bytes.size() - 1), bytes.substr(0, bytes.size() - 32), bytes + '\0',
          bytes + bytes, std::string(bytes.size(), '\0')}) {
      save(file, wrong);
      EXPECT_NE(check_log().code, 0) << file << " " << wrong.size();
    }
    save(file, bytes);
  }
  fs::rename(folder() / "tile/entries/000", folder() / "x");
  fs::rename(folder() / "tile/entries/001", folder() / "tile/entries/000");
  fs::rename(folder() / "x", folder() / "tile/entries/001");
  const Ran ran = check_log();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("more")) << "many problems are counted, few are shown";
}

TEST_F(VerifyLog, FilesOfOlderAndNewerTreesAreWelcomeWhenTheyAgree) {
  grown(300).write(folder());
  const std::string tile = slurp(folder() / "tile/0/001.p/44"), bundle = slurp(folder() / "tile/entries/001.p/44");
  TestLog newer;
  for (const std::string& entry : own_entries(600)) newer.append(entry);
  newer.write(folder());  // full tiles beside the partial ones, and more
  save(folder() / "checkpoint", log_.checkpoint());
  Ran ran = check_log();
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("not covered by the checkpoint"));
  fs::remove(folder() / "tile/0/001.p/44");
  fs::remove(folder() / "tile/entries/001.p/44");
  EXPECT_EQ(check_log().code, 0) << "the full tile may stand for a partial one";
  save(folder() / "tile/0/001.p/3", tile.substr(0, 96));
  EXPECT_EQ(check_log().code, 0);
  save(folder() / "tile/0/001.p/3", tile.substr(32, 96));
  EXPECT_EQ(check_log().code, 1) << "a leftover that disagrees";
}

TEST_F(VerifyLog, WhatIsNoPlainFileOfTheRightSizeIsNotReadForLong) {
  grown(6).write(folder());
  const fs::path tile = folder() / "tile/0/000.p/6", bundle = folder() / "tile/entries/000.p/6";
  const std::string bytes = slurp(tile);
  fs::remove(tile);
  fs::create_symlink("/dev/zero", tile);
  EXPECT_EQ(check_log().code, 1);
  fs::remove(tile);
  ASSERT_EQ(::mkfifo(tile.c_str(), 0600), 0);
  EXPECT_EQ(check_log().code, 1) << "a pipe must not make it wait";
  fs::remove(tile);
  fs::create_directory(tile);
  EXPECT_EQ(check_log().code, 1);
  fs::remove(tile);
  save(tile, bytes);
  fs::resize_file(bundle, std::uintmax_t{1} << 40);  // sparse
  EXPECT_EQ(check_log().code, 1);
  fs::create_symlink(folder(), folder() / "tile/round");
  fs::create_symlink("/dev/zero", folder() / "checkpoint.new");
  fs::remove(folder() / "checkpoint");
  fs::create_symlink("/dev/zero", folder() / "checkpoint");
  EXPECT_EQ(check_log().code, 2);
}

TEST_F(VerifyLog, OurEntriesKeepOurRules) {
  const auto one_wrong = [this](Leaf leaf) {
    TestLog log;
    for (const std::string& entry : own_entries(4)) log.append(entry);
    log.append(encode_leaf(leaf).value());
    fs::remove_all(folder());
    log.write(folder());
    EXPECT_EQ(verify({"log", folder().string(), "--vkey", log.vkey(), "--opaque"}).code, 0);
    return verify({"log", folder().string(), "--vkey", log.vkey()});
  };
  EXPECT_EQ(one_wrong(decision(9)).code, 0);
  Leaf later = decision(9);
  later.relies_on = {4};
  EXPECT_THAT(one_wrong(later).out, HasSubstr("does not stand before it"));
  Leaf acknowledgement = decision(2);
  acknowledgement.type = LeafType::acknowledgement;
  EXPECT_EQ(one_wrong(acknowledgement).code, 1) << "rests on nothing";
  acknowledgement.relies_on = {1};
  EXPECT_EQ(one_wrong(acknowledgement).code, 1) << "rests on no decision";
  acknowledgement.relies_on = {0};
  EXPECT_EQ(one_wrong(acknowledgement).code, 1) << "rests on the decision of another exchange";
  acknowledgement.relies_on = {2};
  EXPECT_EQ(one_wrong(acknowledgement).code, 0);
  Leaf index = decision(9);
  index.type = LeafType::index;
  EXPECT_EQ(one_wrong(index).code, 1) << "covers nothing";
  index.relies_on = {3};
  EXPECT_EQ(one_wrong(index).code, 0);
  log_.append(encode_leaf(decision(0)).value());
  log_.append(encode_leaf(decision(1)).value());
  for (const std::uint64_t last : {1, 0}) {
    index.relies_on = {last};
    log_.append(encode_leaf(index).value());
  }
  fs::remove_all(folder());
  log_.write(folder());
  EXPECT_THAT(check_log().out, HasSubstr("covers less than an earlier one"));
  TestLog foreign;
  foreign.append("an entry of somebody else");
  fs::remove_all(folder());
  foreign.write(folder());
  EXPECT_EQ(verify({"log", folder().string(), "--vkey", foreign.vkey()}).code, 1);
}

// Places are counted from the log's beginning, also when a bundle before is gone: nothing is read beyond what is there.
TEST_F(VerifyLog, AnEntryMayRestOnOneWhoseBundleIsMissing) {
  for (const std::string& entry : own_entries(600)) log_.append(entry);
  Leaf acknowledgement = decision(600);
  acknowledgement.type = LeafType::acknowledgement;
  acknowledgement.relies_on = {1, 599};
  log_.append(encode_leaf(acknowledgement).value());
  log_.write(folder());
  fs::remove(folder() / "tile/entries/000");
  fs::remove(folder() / "tile/entries/001");
  const Ran done = check_log();
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, HasSubstr("tile/entries/001"));
  EXPECT_THAT(done.out, HasSubstr("entry 600"));
}

// C2SP tlog-tiles lets a log be pruned from its beginning. Ours is not: what is gone from it was removed.
TEST_F(VerifyLog, APrunedLogOfOthersCannotBeJudged) {
  std::string old;
  for (const std::string& entry : own_entries(1500)) {
    if (log_.entries().size() == 300) old = log_.checkpoint();
    log_.append(entry);
  }
  log_.write(folder());
  save(root_ / "old", old);
  const auto continues = [this](std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"consistency", (root_ / "old").string(), folder().string(), "--vkey",
                                       log_.vkey()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return verify(arguments);
  };
  EXPECT_EQ(continues({"--opaque"}).code, 0);
  for (const char* number : {"000", "001", "002"})
    for (const char* kind : {"0", "entries"}) fs::remove(folder() / "tile" / kind / number);
  const Ran pruned = check_log({"--opaque"});
  EXPECT_EQ(pruned.code, 2) << pruned.out;
  EXPECT_THAT(pruned.out, HasSubstr("entries before number 768 are not there: the log was pruned"));
  EXPECT_THAT(check_log({"--opaque", "--lang", "sv"}).out, HasSubstr("gallrad"));
  EXPECT_EQ(continues({"--opaque"}).code, 2);
  EXPECT_THAT(continues({"--opaque"}).out, HasSubstr("was pruned"));
  EXPECT_EQ(check_log().code, 1);
  EXPECT_EQ(continues().code, 1);
  // A hole is no pruning, nor is a damaged tile.
  save(folder() / "tile/0/000", std::string(8192, 'x'));
  EXPECT_EQ(check_log({"--opaque"}).code, 1);
  save(folder() / "tile/entries/000", log_.bundle(0, 256));
  EXPECT_EQ(check_log({"--opaque"}).code, 1);
  fs::remove_all(folder() / "tile/0");
  fs::remove_all(folder() / "tile/entries");
  EXPECT_EQ(check_log({"--opaque"}).code, 1) << "nothing is left";
}

TEST_F(VerifyLog, MoreSignaturesThanTheProgramReadsAreNoForgery) {
  grown(6).write(folder());
  std::string others;
  for (int i = 0; i < 255; ++i) others += "\xE2\x80\x94 w" + std::to_string(i) + " " + to_base64(Bytes(76, 'w')) + "\n";
  save(folder() / "checkpoint", log_.checkpoint() + others);
  EXPECT_EQ(check_log().code, 0);
  const std::string one_more = "\xE2\x80\x94 w " + to_base64(Bytes(76, 'w')) + "\n";
  save(folder() / "checkpoint", log_.checkpoint() + others + one_more);
  const Ran done = check_log();
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.out, HasSubstr("more signatures than this program reads (256)"));
  EXPECT_EQ(check_receipt(log_.receipt(3) + others).code, 0);
  EXPECT_EQ(check_receipt(log_.receipt(3) + others + one_more).code, 2);
  EXPECT_EQ(check_receipt(log_.receipt(3) + others + "\xE2\x80\x94 w ?\n").code, 1);
}

TEST_F(VerifyLog, ACheckpointCountsOnlyWithTheKeysOwnSignature) {
  grown(6).write(folder());
  const TestLog stranger('s');
  EXPECT_EQ(verify({"log", folder().string(), "--vkey", stranger.vkey()}).code, 1);
  // Lines of others are passed over, wherever they stand; the log's own must be right wherever it stands.
  const std::string own = log_.checkpoint(), line = own.substr(own.find("\xE2\x80\x94"));
  const std::string other = "\xE2\x80\x94 other.example/w\xC3\xA4 " + to_base64("0123" + std::string(2420, 'x')) + "\n";
  save(folder() / "checkpoint", log_.text() + "\n" + other + line + other);
  EXPECT_EQ(check_log().code, 0) << check_log().out;
  std::string wrong = line;
  wrong[wrong.size() - 20] = wrong[wrong.size() - 20] == 'A' ? 'B' : 'A';
  save(folder() / "checkpoint", log_.text() + "\n" + line + wrong);
  EXPECT_THAT(check_log().out, HasSubstr("WRONG signature"));
  save(folder() / "checkpoint", log_.text() + "\n");
  EXPECT_EQ(check_log().code, 1);
  save(folder() / "checkpoint", log_.text());
  EXPECT_EQ(check_log().code, 2) << "no note at all";
  const std::string extended = log_.text() + "an extension\n";
  save(folder() / "checkpoint", note::sign(extended, log_.key(), log_.signer()));
  EXPECT_THAT(check_log().out, HasSubstr("extension lines"));
  EXPECT_EQ(check_log().code, 0);
  // Another first line: others do that, Samband does not.
  std::string renamed = "go.sum database tree" + log_.text().substr(kOrigin.size());
  save(folder() / "checkpoint", note::sign(renamed, log_.key(), log_.signer()));
  EXPECT_EQ(check_log().code, 1);
  EXPECT_EQ(check_log({"--opaque"}).code, 0);
  for (const std::string& text :
       {kOrigin + "\n06\n" + log_.text().substr(kOrigin.size() + 3), kOrigin + "\n6\n", kOrigin + "\n6\nAAAA\n",
        kOrigin + "\n-6\nx\n", log_.text() + "\nafter an empty line\n"}) {
    save(folder() / "checkpoint", note::sign(text, log_.key(), log_.signer()));
    EXPECT_EQ(check_log().code, 1) << text;
  }
}

TEST_F(VerifyLog, NothingThatAFileSaysSteersATerminal) {
  grown(6).write(folder());
  const std::string csi = "\xC2\x9B";
  const std::string renamed = "a" + csi + "31m" + log_.text().substr(kOrigin.size());
  save(folder() / "checkpoint", note::sign(renamed, log_.key(), log_.signer()));
  const Ran done = check_log({"--opaque"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out.find(csi), std::string::npos);
  EXPECT_THAT(done.out, HasSubstr("a??31m"));
}

TEST_F(VerifyLog, ConsistencyOfEveryOlderCheckpointAndOfNoOther) {
  std::vector<std::string> older;
  for (const std::string& entry : own_entries(600)) {
    older.push_back(log_.checkpoint());
    log_.append(entry);
  }
  older.push_back(log_.checkpoint());
  log_.write(folder());
  const auto check = [this](const std::string& checkpoint) {
    save(root_ / "old", checkpoint);
    return verify({"consistency", (root_ / "old").string(), folder().string(), "--vkey", log_.vkey()}).code;
  };
  for (const std::string& checkpoint : older) ASSERT_EQ(check(checkpoint), 0) << checkpoint;
  TestLog other;
  for (int i = 0; i < 601; ++i) {
    if (i % 50 == 1) EXPECT_EQ(check(other.checkpoint()), 1) << i;
    other.append("another history");
  }
  EXPECT_EQ(check(other.checkpoint()), 1) << "larger than the log";
  EXPECT_EQ(check("nothing signed\n"), 2);
  for (std::size_t i = 0; i < older[300].size(); ++i) {
    std::string changed = older[300];
    changed[i] = static_cast<char>(changed[i] ^ 1 << i % 8);
    EXPECT_NE(check(changed), 0) << i;
  }
  // Tiles are not believed: a changed one cannot make a proof.
  std::string tile = slurp(folder() / "tile/0/001");
  tile[44 * 32] = static_cast<char>(tile[44 * 32] ^ 1);
  save(folder() / "tile/0/001", tile);
  EXPECT_EQ(check(older[300]), 1);
  fs::remove(folder() / "tile/0/001");
  EXPECT_EQ(check(older[300]), 1);
}

TEST_F(VerifyLog, ConsistencyAcrossARotationNeedsBothKeys) {
  TestLog rotated('n');
  for (const std::string& entry : own_entries(200)) log_.append(entry);
  for (const std::string& entry : own_entries(300)) rotated.append(entry);
  rotated.write(folder());
  save(root_ / "old", log_.checkpoint());
  const auto check = [this](const std::string& old_key, const std::string& key) {
    return verify({"consistency", (root_ / "old").string(), folder().string(), "--old-vkey", old_key, "--vkey", key});
  };
  EXPECT_EQ(check(log_.vkey(), rotated.vkey()).code, 0);
  EXPECT_EQ(check(rotated.vkey(), rotated.vkey()).code, 1);
  EXPECT_EQ(check(log_.vkey(), log_.vkey()).code, 1);
  const Ran ran = check("x", rotated.vkey());
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.out, HasSubstr("--old-vkey"));
  TestLog other;
  other.append("another history");
  save(root_ / "old", other.checkpoint());
  EXPECT_EQ(check(other.vkey(), rotated.vkey()).code, 1) << "its key, but not its beginning";
}

}  // namespace
}  // namespace samband::verify
