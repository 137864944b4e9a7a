// A connection that writes is durable, and says so of itself; one that cannot be is refused.
#include "keys/sqlite.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace samband {
namespace {

namespace fs = std::filesystem;

std::string read_back(sqlite::Database& db, const char* pragma) {
  auto query = db.query(pragma);
  return query.step().value() ? query.text(0) : "";
}

TEST(SqliteDurability, IsReadBackOnEachConnection) {
  std::string pattern = (fs::temp_directory_path() / "samband-sqlite-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const fs::path file = fs::path(pattern) / "test.db";
  {
    auto first = sqlite::Database::open(file, sqlite::Database::Mode::create).value();
    ASSERT_TRUE(first.exec("CREATE TABLE t(x)"));
    EXPECT_EQ(read_back(first, "PRAGMA journal_mode"), "delete") << "it is not so by itself";
    ASSERT_TRUE(first.make_durable());
    auto second = sqlite::Database::open(file, sqlite::Database::Mode::read_write).value();
    ASSERT_TRUE(second.exec("PRAGMA synchronous=OFF"));
    ASSERT_TRUE(second.make_durable());
    for (auto* db : {&first, &second}) {
      EXPECT_EQ(read_back(*db, "PRAGMA journal_mode"), "wal");
      EXPECT_EQ(read_back(*db, "PRAGMA synchronous"), "2");
    }
  }
  fs::remove_all(pattern);
}

TEST(SqliteDurability, WhatKeepsNoLogIsRefused) {
  auto memory = sqlite::Database::open(":memory:", sqlite::Database::Mode::create).value();
  const auto refused = memory.make_durable();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_config);
}

}  // namespace
}  // namespace samband
