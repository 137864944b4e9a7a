#include "store/erased_rows.hpp"

#include <unordered_set>

#include "store/rows.hpp"

namespace samband::store {
namespace {

constexpr const char* kExplanation =
    R"({"erased":true,"reason":"erased","words":{"sv":"Uppgifterna är gallrade eller raderade. Beviset finns kvar.",)"
    R"("en":"The data has been erased. The proof remains."}})";

Result<void> run_each(sqlite::Database& db, std::string_view sql, const std::vector<std::string>& ids) {
  for (const std::string& id : ids)
    if (auto done = db.query(sql, id).run(); !done) return done;
  return {};
}

}  // namespace

Result<SealedRows> sealed_under(sqlite::Database& db, const std::vector<std::int64_t>& key_ids) {
  const std::unordered_set<std::int64_t> wanted(key_ids.begin(), key_ids.end());
  SealedRows out;
  std::unordered_set<std::string> exchanges;
  {
    auto query = db.query("SELECT id,key_id FROM message WHERE key_id<>0");
    for (;;) {
      auto row = query.step();
      if (!row) return row.error();
      if (!*row) break;
      if (wanted.contains(query.integer(1))) out.messages.push_back(query.text(0));
    }
  }
  std::vector<std::string> live;
  {
    auto query = db.query(
        "SELECT id,key_id,state IN('held','queued','delivering','inbox','dead') OR due_at IS NOT NULL FROM exchange "
        "WHERE key_id<>0");
    for (;;) {
      auto row = query.step();
      if (!row) return row.error();
      if (!*row) break;
      if (!wanted.contains(query.integer(1))) continue;
      out.exchanges.push_back(query.text(0));
      exchanges.insert(out.exchanges.back());
      if (query.integer(2) != 0) live.push_back(out.exchanges.back());
    }
  }
  for (const std::string& id : live) {
    static const std::string sql = kSelectExchange + "WHERE id=?";
    auto query = db.query(sql, id);
    if (auto row = query.step(); !row) return row.error();
    auto read = read_exchange(query);
    if (!read) return read.error();
    out.live.push_back(std::move(*read));
  }
  auto query = db.query("SELECT exchange_id FROM review WHERE closed_at IS NULL");
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return out;
    if (exchanges.contains(query.text(0))) out.reviews.push_back(query.text(0));
  }
}

Result<void> empty_rows(sqlite::Database& db, const SealedRows& rows) {
  auto done = run_each(db, "UPDATE message SET key_id=0,content_hash=x'',body=x'',side=x'',warnings='[]' WHERE id=?",
                       rows.messages);
  if (!done) return done;
  for (const std::string& id : rows.exchanges) {
    auto emptied = db.query(
                         "UPDATE exchange SET key_id=0,explanation=?,fingerprint='',subject_refs='',consents='',"
                         "external_reference=x'',side=x'',conversation=x'' WHERE id=?",
                         kExplanation, id)
                       .run();
    if (!emptied) return emptied;
  }
  for (const char* sql :
       {"UPDATE assessment SET person_ref='',assessor_id=x'',side=x'' WHERE exchange_id=?",
        "UPDATE status SET handler=x'' WHERE exchange_id=?", "UPDATE review SET reviewer=x'' WHERE exchange_id=?",
        "DELETE FROM agenda WHERE exchange_id=?", "UPDATE task SET official=x'' WHERE exchange_id=?",
        "DELETE FROM task WHERE exchange_id=? AND closed_at IS NULL"})
    if (done = run_each(db, sql, rows.exchanges); !done) return done;
  return {};
}

Result<void> empty_consents(sqlite::Database& db, const std::vector<std::string>& ids) {
  return run_each(
      db,
      "UPDATE consent SET subject_ref='',giver='',maturity_assessor='',evidence_sha256='',key_id=0,side=x'' "
      "WHERE id=?",
      ids);
}

Result<void> forget_incidents(sqlite::Database& db) {
  return db
      .query(
          "UPDATE incident SET key_id=0,side=x'',closing=x'' WHERE key_id<>0 AND key_id IN (SELECT id FROM erased_key)")
      .run();
}

Result<void> drop_quarantined(sqlite::Database& db) {
  return db.query("DELETE FROM quarantine WHERE key_id<>0 AND key_id IN (SELECT id FROM erased_key)").run();
}

Result<void> empty_log(sqlite::Database& db) {
  auto query = db.query("PRAGMA wal_checkpoint(TRUNCATE)");
  if (auto row = query.step(); !row) return row.error();
  if (query.integer(0) != 0) return fail(Errc::busy, "store", "somebody reads; old pages are still in the log");
  return {};
}

// secure_delete writes zeros over what is deleted, not over what a page held before a row in it grew: the whole file is
// written anew, in a file and not in memory, whatever its size. While somebody reads it could not come into its place,
// so that is looked at first.
Result<void> write_anew(sqlite::Database& db) {
  if (auto emptied = empty_log(db); !emptied) return emptied;
  auto written = db.exec("PRAGMA temp_store=FILE; VACUUM");
  if (auto back = db.exec("PRAGMA temp_store=MEMORY"); !back) return back;
  return written ? empty_log(db) : written;
}

}  // namespace samband::store
