// samband consent add | revoke | list: the holder's own turn, with the holder's certificate. The operator has none.
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/agency_client.hpp"
#include "app/commands.hpp"
#include "app/settings.hpp"

namespace samband::cli {
namespace {

int add(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  const std::string file = a.positional().front();
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream in(file, std::ios::binary);
    if (!in) return complain(file + ": cannot be read");
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  if (auto parsed = parse_json(text); !parsed) return complain(file + ": " + in_words(parsed.error()));
  auto answer = call(a, *config, "POST", "/v1/consents", text);
  if (!answer) return complain(in_words(answer.error()));
  if (a.json()) {
    std::cout << json::serialize(*answer) << "\n";
    return kOk;
  }
  std::cout << "consent " << string_at(answer->as_object(), "id") << " recorded as leaf "
            << answer->at("leafIndex").to_number<std::int64_t>() << "\n";
  for (const json::value& e : answer->at("redecided").as_array())
    std::cout << "decided again: " << string_at(e.as_object(), "exchange") << " -> "
              << string_at(e.as_object(), "outcome") << "\n";
  return kOk;
}

int revoke(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  auto answer = call(a, *config, "POST", "/v1/consents/" + a.positional().front() + "/revocations", "{}");
  if (!answer) return complain(in_words(answer.error()));
  if (a.json()) {
    std::cout << json::serialize(*answer) << "\n";
    return kOk;
  }
  std::cout << "consent " << string_at(answer->as_object(), "id") << " revoked at "
            << string_at(answer->as_object(), "revokedAt") << "\n";
  for (const json::value& e : answer->at("withdrawn").as_array())
    std::cout << "withdrawn before it left: " << e.as_string().c_str() << "\n";
  for (const json::value& e : answer->at("recalled").as_array())
    std::cout << "recalled at the recipient: " << e.as_string().c_str() << "\n";
  return kOk;
}

int list(const Arguments& a) {
  auto config = configuration(a);
  if (!config) return complain(in_words(config.error()));
  json::array consents;
  for (std::string after;;) {  // a page at a time
    auto answer = call(a, *config, "GET", "/v1/consents" + (after.empty() ? "" : "?after=" + after));
    if (!answer) return complain(in_words(answer.error()));
    for (json::value& c : answer->at("consents").as_array()) consents.push_back(std::move(c));
    after = string_at(answer->as_object(), "after");
    if (after.empty()) break;
  }
  if (a.json()) {
    std::cout << json::serialize(json::object{{"consents", std::move(consents)}}) << "\n";
    return kOk;
  }
  const auto words = [](const json::value& v) {
    std::string out;
    for (const json::value& s : v.as_array()) out += (out.empty() ? "" : ", ") + std::string(s.as_string());
    return out;
  };
  for (const json::value& c : consents)
    std::cout << string_at(c.as_object(), "id") << "  " << string_at(c.as_object(), "state") << "  until "
              << string_at(c.as_object(), "validTo") << "\n    to " << words(c.at("recipients")) << " for "
              << words(c.at("purposes")) << ": " << words(c.at("categories")) << "\n";
  if (consents.empty()) std::cout << "no consents\n";
  return kOk;
}

}  // namespace

void add_consent(std::vector<Command>& commands) {
  commands.push_back({"consent add", "Registers a consent that this party holds", "FILE",
                      "FILE is the JSON body of POST /v1/consents (docs/agency-api.md), - for standard input. "
                      "Exchanges that waited for it are decided again at once.",
                      agency_options(), add});
  commands.push_back({"consent revoke", "Revokes a consent; it takes effect at that instant", "CONSENT",
                      "What waits is refused, what has left is recalled at the recipient.", agency_options(), revoke});
  commands.push_back({"consent list", "Lists the consents that this party holds, without the persons", "", "",
                      agency_options(), list});
}

}  // namespace samband::cli
