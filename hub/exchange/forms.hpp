// Web forms: for every message kind that a person can write, its fields as one JSON Schema with Swedish and English
// words, made of the kind's own schema and of hub/model/schemas/words.json; and what an official filled in, as a
// canonical message. Immutable after load: thread-safe.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "base/json.hpp"
#include "model/kinds.hpp"
#include "model/party.hpp"

namespace samband {

class Forms {
 public:
  // Reads common.schema.json and words.json of the folder. Errors: invalid_config with the file.
  static Result<Forms> load(const Kinds&, const std::filesystem::path& schemas_dir);

  // {"forms":[{"kind","title":{"sv","en"}}]}: the kinds that this party may send and a person can write.
  json::object list(const Party&) const;
  // {"kind","title","submission":{"id","time"},"schema"}: `submission` is sent back with what was filled in, so that
  // the same form sent twice is one message. Errors: not_found (no such form for this party).
  Result<json::object> form(const Party&, std::string_view kind, std::string id, Time now) const;
  // {"submission":{"id","time"},"data":{...}} -> a canonical message whose author is that official. What is for the
  // hub (kind, facts, consents) is refused: an official answers a hold instead. Errors: not_found, invalid_input.
  Result<json::value> message(const Party&, const Official&, std::string_view kind, json::value body) const;

 private:
  bool offers(const Party&, std::string_view kind) const;
  std::map<std::string, json::object, std::less<>> schemas_;  // by kind: resolved, with words
  json::object titles_;
};

}  // namespace samband
