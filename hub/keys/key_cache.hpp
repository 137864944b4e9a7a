// The keys used most recently, unwrapped: bounded, found by id or by name (subjects and period). Wiped when dropped.
// Thread-safe.
#pragma once
#include <openssl/crypto.h>

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/encoding.hpp"

namespace samband {

class KeyCache {
 public:
  explicit KeyCache(std::size_t keys_max) : keys_max_(keys_max) {}
  ~KeyCache() { clear(); }
  KeyCache(const KeyCache&) = delete;
  KeyCache& operator=(const KeyCache&) = delete;

  struct Entry {
    std::int64_t id;
    std::string name;
    Bytes key;
  };

  std::optional<Bytes> find(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    return touch(found->second)->key;
  }
  std::optional<std::pair<std::int64_t, Bytes>> find(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    const auto entry = touch(found->second);
    return std::pair(entry->id, entry->key);
  }
  void put(Entry entry) {
    const std::lock_guard lock(mutex_);
    if (by_id_.contains(entry.id)) return;
    entries_.push_front(std::move(entry));
    by_id_.emplace(entries_.front().id, entries_.begin());
    by_name_.emplace(entries_.front().name, entries_.begin());
    if (entries_.size() > keys_max_) drop(std::prev(entries_.end()));
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    while (!entries_.empty()) drop(entries_.begin());
  }

 private:
  using Place = std::list<Entry>::iterator;
  Place touch(Place place) {
    entries_.splice(entries_.begin(), entries_, place);
    return place;
  }
  void drop(Place place) {
    OPENSSL_cleanse(place->key.data(), place->key.size());
    by_id_.erase(place->id);
    by_name_.erase(place->name);
    entries_.erase(place);
  }

  const std::size_t keys_max_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // newest use first
  std::unordered_map<std::int64_t, Place> by_id_;
  std::unordered_map<std::string, Place> by_name_;
};

}  // namespace samband
