#include "fixture.hpp"

namespace samband::verify {
namespace {

using testing::HasSubstr;
class VerifyReceipt : public VerifyTest {};

TEST_F(VerifyReceipt, SaysWhatTheEntrySaysInBothLanguages) {
  grown(300);
  for (const std::uint64_t index : {0, 1, 255, 256, 298, 299})
    EXPECT_EQ(check_receipt(log_.receipt(index)).code, 0) << index;
  const Ran english = check_receipt(log_.receipt(298)), swedish = check_receipt(log_.receipt(299), {"--lang", "sv"});
  EXPECT_THAT(english.out, HasSubstr("VALID: this entry stands in the log"));
  for (const char* word : {"decision", "released in part (partial)", "police", "social-board", "POL-SN-15-17, cleared",
                           "exchange-298", "2026-11-18 11:06:40 UTC"})
    EXPECT_THAT(english.out, HasSubstr(word));
  for (const char* word : {"GILTIGT", "mottagningsbevis", "mottaget", "vilar på poster:", "298"})
    EXPECT_THAT(swedish.out, HasSubstr(word));
  const Ran json = check_receipt(log_.receipt(298), {"--json", "--lang=sv"});
  EXPECT_THAT(json.out, HasSubstr(R"("verdict":"valid","valid":true)"));
  EXPECT_THAT(json.out, HasSubstr(R"("index":298,"type":"decision")"));
}

TEST_F(VerifyReceipt, EveryFlippedBitIsDetected) {
  const std::string good = grown(11).receipt(7);
  ASSERT_EQ(check_receipt(good).code, 0);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    poke(root_ / "r.tlog-proof", bit / 8, static_cast<char>(good[bit / 8] ^ 1 << bit % 8));
    ASSERT_NE(verify({"receipt", (root_ / "r.tlog-proof").string(), "--vkey", log_.vkey()}).code, 0) << "bit " << bit;
    poke(root_ / "r.tlog-proof", bit / 8, good[bit / 8]);
  }
  for (std::size_t size = 0; size < good.size(); ++size) ASSERT_NE(check_receipt(good.substr(0, size)).code, 0) << size;
  for (const char* tail : {"\n", " ", "\n\n", "x\n"}) EXPECT_NE(check_receipt(good + tail).code, 0);
}

TEST_F(VerifyReceipt, TheEntryMayComeApart) {
  grown(11);
  const std::string bare = log_.receipt(7, ""), entry = log_.entries()[7];
  const Ran without = check_receipt(bare);
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.out, HasSubstr("--leaf"));
  const std::string leaf = (root_ / "leaf").string();
  for (const std::string& form : {entry, to_base64(entry), to_base64(entry) + "\n"}) {
    save(leaf, form);
    EXPECT_EQ(check_receipt(bare, {"--leaf", leaf}).code, 0) << form;
    EXPECT_EQ(check_receipt(log_.receipt(7, "extra " + to_base64("something else") + "\n"), {"--leaf", leaf}).code, 0);
  }
  for (const std::string& wrong : {log_.entries()[6], entry + "x", std::string()}) {
    save(leaf, wrong);
    EXPECT_EQ(check_receipt(bare, {"--leaf", leaf}).code, 1);
  }
  EXPECT_EQ(check_receipt(bare, {"--leaf", (root_ / "nothing").string()}).code, 2);
}

TEST_F(VerifyReceipt, EntriesOfOthersNeedOpaque) {
  log_.append("not ours");
  EXPECT_EQ(check_receipt(log_.receipt(0)).code, 1);
  EXPECT_EQ(check_receipt(log_.receipt(0), {"--opaque"}).code, 0);
  // What the extra line of others holds, only they know (C2SP tlog-proof).
  const std::string context = log_.receipt(0, "extra " + to_base64("some context") + "\n");
  const Ran without = check_receipt(context, {"--opaque"});
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.out, HasSubstr("--leaf FILE"));
  EXPECT_EQ(check_receipt(context).code, 1) << "of ours it is the entry";
  save(root_ / "leaf", "not ours");
  EXPECT_EQ(check_receipt(context, {"--opaque", "--leaf", (root_ / "leaf").string()}).code, 0);
  save(root_ / "leaf", "another");
  EXPECT_EQ(check_receipt(context, {"--opaque", "--leaf", (root_ / "leaf").string()}).code, 1);
}

TEST_F(VerifyReceipt, AnotherLogsReceiptIsNone) {
  grown(11);
  TestLog other('o');
  for (const std::string& entry : own_entries(11)) other.append(entry);
  EXPECT_EQ(check_receipt(other.receipt(7)).code, 1);
  EXPECT_EQ(check_receipt("hello\n").code, 2);
  EXPECT_EQ(verify({"receipt", (root_ / "none").string(), "--vkey", log_.vkey()}).code, 2);
}

// ---- witnesses -------------------------------------------------------------------------------------------------

struct Witness {
  explicit Witness(std::string n, char seed) : name(std::move(n)), signer(Bytes(32, seed)) {
    public_key = crypto::ed25519_public(Bytes(32, seed));
    id = crypto::sha256(name + "\n\x04" + public_key).substr(0, 4);
  }
  std::string vkey() const { return name + "+" + samband::to_hex(id) + "+" + samband::to_base64("\x04" + public_key); }
  std::string line(const std::string& text, std::uint64_t time = 1'795'000'000) const {
    std::string at;
    for (int shift = 56; shift >= 0; shift -= 8) at += static_cast<char>(time >> shift & 0xff);
    const std::string message = "cosignature/v1\ntime " + std::to_string(time) + "\n" + text;
    return "\xE2\x80\x94 " + name + " " + samband::to_base64(id + at + signer.sign(message)) + "\n";
  }
  std::string name;
  crypto::Signer signer;
  Bytes public_key, id;
};

class VerifyPolicy : public VerifyTest {
 protected:
  void SetUp() override {
    VerifyTest::SetUp();
    grown(11);
  }
  Ran with(const std::string& policy, const std::string& cosignatures, bool with_key = true) {
    save(root_ / "policy", policy);
    const std::string receipt = log_.receipt(7) + cosignatures;
    if (with_key) return check_receipt(receipt, {"--policy", (root_ / "policy").string()});
    save(root_ / "r.tlog-proof", receipt);
    return verify({"receipt", (root_ / "r.tlog-proof").string(), "--policy", (root_ / "policy").string()});
  }
  Witness x_{"x.example/w", 'x'}, y_{"y.example/w", 'y'}, z_{"z.example/w", 'z'};
  std::string three_ = "# three of them\n\twitness X " + x_.vkey() + " https://x.example/\nwitness Y " + y_.vkey() +
                       "\nwitness Z " + z_.vkey() + "\n\n";
};

TEST_F(VerifyPolicy, TheQuorumDecides) {
  const std::string x = x_.line(log_.text()), y = y_.line(log_.text()), z = z_.line(log_.text());
  const struct {
    const char* quorum;
    std::string lines;
    int code;
  } cases[] = {{"quorum none\n", "", 0},
               {"quorum X\n", "", 1},
               {"quorum X\n", x, 0},
               {"quorum X\n", y, 1},
               {"group two 2 X Y Z\nquorum two\n", x, 1},
               {"group two 2 X Y Z\nquorum two\n", x + z, 0},
               {"group two 2 X Y Z\nquorum two\n", x + x, 1},
               {"group all all X Y Z\nquorum all\n", x + z, 1},
               {"group all all X Y Z\nquorum all\n", z + y + x, 0},
               {"group any any X Y\nquorum any\n", z, 1},
               {"group any any X Y\nquorum any\n", z + y, 0},
               {"group a any X Y\ngroup b all a Z\nquorum b\n", y, 1},
               {"group a any X Y\ngroup b all a Z\nquorum b\n", y + z, 0}};
  for (const auto& c : cases) EXPECT_EQ(with(three_ + c.quorum, c.lines).code, c.code) << c.quorum << c.lines;
  const Ran ran = with(three_ + "quorum X\n", x);
  EXPECT_THAT(ran.out, HasSubstr("cosigned by"));
  EXPECT_THAT(ran.out, HasSubstr("2026-11-18"));
}

TEST_F(VerifyPolicy, EveryFlippedBitOfACosignatureThatIsWantedIsDetected) {
  const std::string good = x_.line(log_.text());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    ASSERT_NE(with(three_ + "quorum X\n", changed).code, 0) << bit;
  }
  EXPECT_EQ(with(three_ + "quorum X\n", x_.line(log_.text() + "x")).code, 1);
  EXPECT_EQ(with(three_ + "quorum X\n", x_.line(log_.text(), std::uint64_t{1} << 63)).code, 1) << "a time past 2^63";
  // Not wanted, but known: a wrong one still rejects the note.
  EXPECT_EQ(with(three_ + "quorum none\n", y_.line("another text\n")).code, 1);
}

TEST_F(VerifyPolicy, LogsOfThePolicy) {
  const TestLog other('o');
  EXPECT_EQ(with("log " + log_.vkey() + "\nquorum none\n", "", false).code, 0);
  EXPECT_EQ(
      with("log " + other.vkey() + "\nlog " + log_.vkey() + " https://log.example\nquorum none\n", "", false).code, 0);
  EXPECT_EQ(with("log " + other.vkey() + "\nquorum none\n", "", false).code, 1);
  EXPECT_EQ(with("log " + other.vkey() + "\nquorum none\n", "").code, 2) << "does not know the log of --vkey";
  EXPECT_EQ(with("quorum none\n", "", false).code, 2) << "no log is named";
}

TEST_F(VerifyPolicy, AMalformedPolicyIsNoPolicy) {
  const std::string big = "witness M m.example+00000000+Bg==\nquorum none\n";
  for (const std::string& bad : {std::string(),
                                 three_,
                                 three_ + "quorum X\nquorum X\n",
                                 three_ + "quorum Q\n",
                                 three_ + "quorum none",
                                 three_ + "group g 0 X\nquorum g\n",
                                 three_ + "group g 3 X Y\nquorum g\n",
                                 three_ + "group g 1 X X\nquorum g\n",
                                 three_ + "group g any X\ngroup h any X\nquorum h\n",
                                 three_ + "group X any Y\nquorum X\n",
                                 three_ + "group none any Y\nquorum none\n",
                                 three_ + "witness W " + x_.vkey() + "\nquorum W\n",
                                 three_ + "group g any none\nquorum g\n",
                                 three_ + "group g 01 X\nquorum g\n",
                                 three_ + "group g +1 X\nquorum g\n",
                                 "witness W " + log_.vkey() + "\nquorum W\n",
                                 "log " + log_.vkey() + "\nlog " + log_.vkey() + "\nquorum none\n",
                                 std::string("quorum none\r\n"),
                                 std::string("quorum none\n\0\n", 14),
                                 std::string("something else\nquorum none\n"),
                                 big,
                                 three_ + "quorum X Y\n"}) {
    const Ran ran = with(bad, x_.line(log_.text()));
    EXPECT_EQ(ran.code, 2) << bad;
    EXPECT_THAT(ran.out, HasSubstr("policy")) << bad;
  }
}

}  // namespace
}  // namespace samband::verify
