// What an SFTP endpoint's url and keys may look like; the conversation itself: tests/integration/test_sftp.py.
#include "transport/sftp.hpp"

#include <gtest/gtest.h>

namespace samband {
namespace {

TEST(Sftp, AUrlNamesHostPortAndFolder) {
  auto target = parse_sftp_url("sftp://files.board.example:2222/in/samband/");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "files.board.example");
  EXPECT_EQ(target->port, 2222);
  EXPECT_EQ(target->folder, "/in/samband");
  target = parse_sftp_url("sftp://[::1]/");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "::1");
  EXPECT_EQ(target->port, 22);
  EXPECT_EQ(target->folder, "/");
  for (const char* bad : {"", "sftp://", "sftp://host", "sftp://host:0/in", "sftp://me@host/in", "sftp://me:pw@host/in",
                          "sftp://host/in?x", "sftp://host/in#x", "sftp://host/a%2fb", "https://host/in"})
    EXPECT_FALSE(parse_sftp_url(bad)) << bad;
}

TEST(Sftp, AHostKeyIsAFingerprint) {
  EXPECT_TRUE(is_host_key_fingerprint("SHA256:" + std::string(43, 'a')));
  for (const std::string& bad : {std::string(), "SHA256:" + std::string(42, 'a'), "SHA256:" + std::string(43, '='),
                                 "MD5:" + std::string(43, 'a'), std::string(43, 'a')})
    EXPECT_FALSE(is_host_key_fingerprint(bad)) << bad;
}

TEST(Sftp, NothingIsTriedWithoutAUsableKeyOrName) {
  SftpTarget target;
  target.host = "127.0.0.1";
  target.port = 9;
  target.folder = "/in";
  EXPECT_EQ(check_sftp(target).error().where, "user");
  target.user = "samband";
  EXPECT_EQ(check_sftp(target).error().where, "host_key");
  target.host_key = "SHA256:" + std::string(43, 'a');
  target.private_key = "/nowhere/key";
  EXPECT_EQ(check_sftp(target).error().code, Errc::invalid_config);
  SftpCall call;
  EXPECT_EQ(sftp_put(target, "a", "x", call).error().message, "the private key cannot be used");
  EXPECT_EQ(sftp_put(target, "../a", "x", call).error().code, Errc::invalid_input);
}

}  // namespace
}  // namespace samband
