// The tables of hub.db, version 5. Per exchange three rows are appended before release: message, exchange,
// and the leaves of its batch.
// Indexes are few because each costs a page write per batch; the comments say what each is for. Times are integer
// milliseconds.
#pragma once

namespace samband::store {

// What version 2 adds: a database of version 1 gets it when it is opened for writing.
#define SAMBAND_SCHEMA_2 \
  R"(
  -- What must be looked at about an exchange, and when: alerts of held duties, holds and permissions that end.
  CREATE TABLE agenda(
    exchange_id TEXT NOT NULL, what TEXT NOT NULL, at INTEGER NOT NULL, opened_at INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY(exchange_id, what)) WITHOUT ROWID;
  CREATE INDEX agenda_at ON agenda(at);
  CREATE TABLE answers(
    party TEXT NOT NULL, code TEXT NOT NULL, recent TEXT NOT NULL, alarmed_at INTEGER,
    PRIMARY KEY(party, code)) WITHOUT ROWID;
  CREATE TABLE review(
    exchange_id TEXT PRIMARY KEY, party TEXT NOT NULL, why TEXT NOT NULL, cause TEXT NOT NULL,
    opened_at INTEGER NOT NULL, due_at INTEGER NOT NULL, overdue_at INTEGER, closed_at INTEGER,
    reviewer BLOB NOT NULL, verdict TEXT NOT NULL, reason_code TEXT NOT NULL, leaf_index INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX review_open ON review(due_at) WHERE closed_at IS NULL;
  CREATE INDEX review_party ON review(party, exchange_id);
  -- Rule sets: at most one is active; a proposal is good only while the set that it was made against is.
  CREATE TABLE rule_set(
    hash TEXT PRIMARY KEY, state TEXT NOT NULL, base TEXT NOT NULL, reason TEXT NOT NULL, proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL, approved_by TEXT NOT NULL, approved_at INTEGER, files TEXT NOT NULL,
    leaf_index INTEGER NOT NULL) WITHOUT ROWID;
  ALTER TABLE quarantine ADD COLUMN adapter TEXT NOT NULL DEFAULT '';
)"

// What version 3 adds: erasures, and the keys that they destroyed. A row that one of these keys sealed is emptied, and
// its key_id is 0.
#define SAMBAND_SCHEMA_3 \
  R"(
  CREATE TABLE erasure(
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, scope TEXT NOT NULL, basis TEXT NOT NULL, decision TEXT NOT NULL,
    party TEXT NOT NULL, keys INTEGER NOT NULL, messages INTEGER NOT NULL, exchanges INTEGER NOT NULL,
    consents INTEGER NOT NULL, withdrawn INTEGER NOT NULL, nonce BLOB NOT NULL, details TEXT NOT NULL,
    leaf_index INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE erased_key(id INTEGER PRIMARY KEY);
  -- A row of leaves holds what one batch appended: each with its length before it (two bytes, big-endian). count 0: one
  -- leaf as it is, from before.
  ALTER TABLE leaf ADD COLUMN count INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN side BLOB NOT NULL DEFAULT x'';
  ALTER TABLE message ADD COLUMN leaf_index INTEGER;
  ALTER TABLE consent ADD COLUMN key_id INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE consent ADD COLUMN side BLOB NOT NULL DEFAULT x'';
  UPDATE consent SET maturity_assessor = 'assessed' WHERE maturity_assessor <> '';
  ALTER TABLE assessment ADD COLUMN side BLOB NOT NULL DEFAULT x'';
)"

// What version 4 adds: personal data breaches.
#define SAMBAND_SCHEMA_4 \
  R"(
  CREATE TABLE incident(
    id TEXT PRIMARY KEY, party TEXT NOT NULL, kind TEXT NOT NULL, opened_at INTEGER NOT NULL,
    aware_at INTEGER NOT NULL, first_leaf INTEGER NOT NULL, last_leaf INTEGER NOT NULL, scope TEXT NOT NULL,
    key_id INTEGER NOT NULL, side BLOB NOT NULL, leaf_index INTEGER NOT NULL, result TEXT NOT NULL,
    closed_at INTEGER, reported_at INTEGER, closing BLOB NOT NULL, closing_leaf_index INTEGER) WITHOUT ROWID;
)"

// What version 5 adds: tasks of an agency's people. Open ones are few: the partial index is what is looked through.
#define SAMBAND_SCHEMA_5 \
  R"(
  CREATE TABLE task(
    exchange_id TEXT NOT NULL, task TEXT NOT NULL, party TEXT NOT NULL, opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL, overdue_at INTEGER, closed_at INTEGER, official BLOB NOT NULL, outcome TEXT NOT NULL,
    reason_code TEXT NOT NULL, leaf_index INTEGER NOT NULL, PRIMARY KEY(exchange_id, task)) WITHOUT ROWID;
  CREATE INDEX task_open ON task(due_at) WHERE closed_at IS NULL;
  CREATE INDEX task_party ON task(party, exchange_id, task);
)"

#define SAMBAND_SCHEMA_END "PRAGMA user_version = 5; COMMIT;"

inline constexpr const char* kFrom1 =
    "BEGIN IMMEDIATE;" SAMBAND_SCHEMA_2 SAMBAND_SCHEMA_3 SAMBAND_SCHEMA_4 SAMBAND_SCHEMA_5 SAMBAND_SCHEMA_END;
inline constexpr const char* kFrom2 =
    "BEGIN IMMEDIATE;" SAMBAND_SCHEMA_3 SAMBAND_SCHEMA_4 SAMBAND_SCHEMA_5 SAMBAND_SCHEMA_END;
inline constexpr const char* kFrom3 = "BEGIN IMMEDIATE;" SAMBAND_SCHEMA_4 SAMBAND_SCHEMA_5 SAMBAND_SCHEMA_END;
inline constexpr const char* kFrom4 = "BEGIN IMMEDIATE;" SAMBAND_SCHEMA_5 SAMBAND_SCHEMA_END;

inline constexpr int kSchemaVersion = 5;

// Wide rows (message, exchange) keep their rowid so that the table stays dense and appends go to its end; ids are
// time-ordered, so the index on them is appended to as well.
inline constexpr const char* kSchema = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE message(
    id TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, sender_message_id TEXT NOT NULL, kind TEXT NOT NULL,
    content_hash BLOB NOT NULL, received_at INTEGER NOT NULL, key_id INTEGER NOT NULL, body BLOB NOT NULL,
    exchanges TEXT NOT NULL, warnings TEXT NOT NULL,
    UNIQUE(sender, sender_message_id));
  CREATE TABLE exchange(
    id TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
    kind TEXT NOT NULL, purpose TEXT NOT NULL, route TEXT NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL,
    life TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, next_attempt_at INTEGER,
    due_at INTEGER, attempts INTEGER NOT NULL, leaf_index INTEGER NOT NULL, ack_leaf_index INTEGER,
    acknowledged_at INTEGER, explanation TEXT NOT NULL, fingerprint TEXT NOT NULL, subject_refs TEXT NOT NULL,
    consents TEXT NOT NULL, external_reference BLOB NOT NULL, key_id INTEGER NOT NULL, side BLOB NOT NULL,
    conversation BLOB NOT NULL);
  -- Listings of one party, in either role.
  CREATE INDEX exchange_sender ON exchange(sender, id);
  CREATE INDEX exchange_recipient ON exchange(recipient, id);
  -- What waits for somebody: inboxes, the reviewer's list, dead letters. Small whatever the size of the table.
  CREATE INDEX exchange_waiting ON exchange(state, recipient, id) WHERE state='inbox' OR state='held' OR state='dead';
  -- The outbox's next work, and deadlines that nobody has met yet (a met one is null).
  CREATE INDEX exchange_next ON exchange(next_attempt_at) WHERE next_attempt_at IS NOT NULL;
  CREATE INDEX exchange_due ON exchange(due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE consent(
    id TEXT PRIMARY KEY, subject_ref TEXT NOT NULL, holder TEXT NOT NULL, giver TEXT NOT NULL,
    maturity_assessor TEXT NOT NULL, recipients TEXT NOT NULL, purposes TEXT NOT NULL, categories TEXT NOT NULL,
    valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, evidence_sha256 TEXT NOT NULL, language TEXT NOT NULL,
    agreement TEXT NOT NULL, revoked_at INTEGER, leaf_index INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX consent_subject ON consent(subject_ref);
  CREATE INDEX consent_holder ON consent(holder, id);
  CREATE TABLE assessment(
    id TEXT NOT NULL, exchange_id TEXT NOT NULL, code TEXT NOT NULL, person_ref TEXT NOT NULL,
    assessor_id BLOB NOT NULL, reason_code TEXT NOT NULL, party TEXT NOT NULL, value TEXT NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY(exchange_id, id)) WITHOUT ROWID;
  CREATE TABLE status(
    id TEXT NOT NULL, exchange_id TEXT NOT NULL, party TEXT NOT NULL, status TEXT NOT NULL,
    reason_code TEXT NOT NULL, handler BLOB NOT NULL, at INTEGER NOT NULL, leaf_index INTEGER NOT NULL,
    PRIMARY KEY(exchange_id, id)) WITHOUT ROWID;
  CREATE TABLE quarantine(
    id TEXT PRIMARY KEY, sender TEXT NOT NULL, at INTEGER NOT NULL, key_id INTEGER NOT NULL, sealed BLOB NOT NULL,
    reason TEXT NOT NULL);
  CREATE TABLE leaf(idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE tile(level INTEGER NOT NULL, idx INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY(level, idx));
  CREATE TABLE checkpoint(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, note TEXT NOT NULL);
  -- The log only grows. A slip in a program or at a prompt stops here; an attacker is what the signatures are for.
  CREATE TRIGGER leaf_update BEFORE UPDATE ON leaf BEGIN SELECT RAISE(ABORT, 'leaves never change'); END;
  CREATE TRIGGER leaf_delete BEFORE DELETE ON leaf BEGIN SELECT RAISE(ABORT, 'leaves never go'); END;
  CREATE TRIGGER tile_update BEFORE UPDATE ON tile BEGIN SELECT RAISE(ABORT, 'tiles never change'); END;
  CREATE TRIGGER tile_delete BEFORE DELETE ON tile BEGIN SELECT RAISE(ABORT, 'tiles never go'); END;
)" SAMBAND_SCHEMA_2 SAMBAND_SCHEMA_3 SAMBAND_SCHEMA_4 SAMBAND_SCHEMA_5 SAMBAND_SCHEMA_END;

}  // namespace samband::store
