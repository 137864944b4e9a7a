#include "console/console.hpp"

#include "console/pages.hpp"
#include "console/rules_desk.hpp"
#include "console/templates.hpp"
#include "ledger/merkle.hpp"
#include "ledger/note.hpp"

namespace samband {
namespace {

constexpr int kRowsMax = 50;

HttpResponse secured(int status, std::string content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  response.headers = {
      {"content-security-policy",
       "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
      {"referrer-policy", "no-referrer"},
      {"x-frame-options", "DENY"},
      {"cross-origin-opener-policy", "same-origin"},
      {"cross-origin-resource-policy", "same-origin"},
      {"strict-transport-security", "max-age=31536000"},
  };
  return response;
}

// Everything again from the leaf's bytes: nothing of what was stored beside it is believed.
Verification verify(Store& store, const Ledger& ledger, const ExchangeRow& row) {
  Verification found;
  const auto receipt = ledger.receipt(row.leaf_index);
  const auto bytes = store.leaf(row.leaf_index);
  const auto verifier = note::parse_verifier(ledger.verifier_key());
  if (!receipt || !bytes || !verifier) return found;
  const auto proof = note::parse_proof(*receipt);
  if (!proof) return found;
  const auto text = note::open(proof->checkpoint, *verifier);
  if (!text) return found;
  const auto checkpoint = note::parse_checkpoint(*text);
  if (!checkpoint) return found;
  found.signature = true;
  found.size = checkpoint->size;
  found.root_hex = to_hex(merkle::view(checkpoint->root));
  found.inclusion = proof->index == row.leaf_index &&
                    merkle::verify_inclusion(proof->index, checkpoint->size, merkle::leaf_hash(*bytes), proof->hashes,
                                             checkpoint->root);
  const auto leaf = decode_leaf(*bytes);
  found.leaf = leaf && leaf->type == LeafType::decision && leaf->subject_id == row.id && leaf->outcome == row.outcome &&
               leaf->sender == row.sender && leaf->recipient == row.recipient;
  return found;
}

// An official sees here what the agency API shows to the same person: exchanges are not for a rules officer.
bool reads_exchanges(const Caller& viewer) {
  return !viewer.official || viewer.official->has_role("caseworker") || viewer.official->has_role("privacy_officer");
}

class Console {
 public:
  Console(Store& store, Ledger& ledger, const Parties& parties, RuleRegistry& rules)
      : store_(store), ledger_(ledger), parties_(parties), desk_(rules, pages_) {}

  HttpResponse answer(const HttpRequest& request) const {
    const auto language = language_from(request.query("lang"));
    const auto path = request.path();
    const bool desk = RulesDesk::is_path(path);
    if (request.method != "GET" && request.method != "HEAD" && !(desk && request.method == "POST")) {
      auto response = notice(405, language);
      response.headers.emplace_back("allow", desk ? "GET, HEAD, POST" : "GET, HEAD");
      return response;
    }
    if (path == "/style.css") return secured(200, "text/css; charset=utf-8", templates::kStyle);
    const auto viewer = identify(request.peer, parties_);
    if (!viewer) return notice(viewer.error().code == Errc::unauthorised ? 401 : 403, language);
    if (path == "/" && reads_exchanges(*viewer)) return overview(*viewer->party, language);
    if (path == "/") {
      auto response = html(303, "");
      response.headers.emplace_back("location", "/rules?lang=" + std::string(code_of(language)));
      return response;
    }
    if (desk) {
      auto said = desk_.answer(request, *viewer, language);
      auto response = html(said.status, std::move(said.body));
      if (!said.location.empty()) response.headers.emplace_back("location", std::move(said.location));
      return response;
    }
    if (path.starts_with("/verify/") && reads_exchanges(*viewer))
      return verification(path.substr(8), *viewer->party, language);
    return notice(404, language);
  }

 private:
  static HttpResponse html(int status, std::string body) {
    return secured(status, "text/html; charset=utf-8", std::move(body));
  }
  HttpResponse notice(int status, Language language) const { return html(status, pages_.notice(status, language)); }

  HttpResponse overview(const Party& viewer, Language language) const {
    ExchangeFilter filter;
    if (!sees_all(viewer)) filter.party = viewer.id;
    filter.newest_first = true;
    filter.limit = sees_all(viewer) ? kRowsMax : 1000;  // some of them are not for this viewer
    auto rows = store_.exchanges(filter);
    if (!rows) return notice(503, language);
    std::erase_if(*rows, [&](const ExchangeRow& row) { return !may_view(row, viewer); });
    if (rows->size() > static_cast<std::size_t>(kRowsMax)) rows->resize(kRowsMax);
    return html(200, pages_.overview(*rows, parties_, viewer, language));
  }

  HttpResponse verification(std::string_view id, const Party& viewer, Language language) const {
    const auto row = store_.exchange(id);
    if (!row) return notice(503, language);
    // Somebody else's exchange looks like one that does not exist.
    if (!*row || !may_view(**row, viewer)) return notice(404, language);
    return html(200, pages_.verification(**row, verify(store_, ledger_, **row), viewer, language));
  }

  Store& store_;
  Ledger& ledger_;
  const Parties& parties_;
  Pages pages_;
  RulesDesk desk_;
};

Task<HttpResponse> serve(std::shared_ptr<const Console> console, HttpRequest request) {
  co_return console->answer(request);
}

}  // namespace

Handler console_handler(Store& store, Ledger& ledger, const Parties& parties, RuleRegistry& rules) {
  const auto console = std::make_shared<const Console>(store, ledger, parties, rules);
  return [console](HttpRequest request) { return serve(console, std::move(request)); };
}

}  // namespace samband
