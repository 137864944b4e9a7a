#include "exchange/agency_api.hpp"

#include <algorithm>
#include <charconv>

#include "base/id.hpp"
#include "base/log.hpp"

namespace samband {
namespace {

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = path.find('/');
    out.emplace_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return out;
}

// A whole number of at most so many digits; `otherwise` when the parameter is absent.
Result<int> number(const HttpRequest& request, std::string_view name, int otherwise, std::size_t digits_max = 4) {
  const std::string text = request.query(name);
  if (text.empty()) return otherwise;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.size() > digits_max || value < 0)
    return fail(Errc::invalid_input, "?" + std::string(name),
                "the query parameter `" + std::string(name) + "` is a whole number");
  return value;
}

HttpResponse reply(Result<json::object> result, int status = 200) {
  if (!result) return problem(result.error());
  return json_response(status, json::serialize(*result));
}

HttpResponse wrong_method(std::string_view allow) {
  HttpResponse r =
      problem(405, "method_not_allowed", "Method not allowed", "this resource answers " + std::string(allow));
  r.headers.emplace_back("allow", std::string(allow));
  return r;
}

// What an official may do in person; a party's system does the rest. Rules officers have their own API.
bool may(const Official& official, const std::string& what, bool get) {
  if (what == "exchanges" || what == "receipts")
    return official.has_role("caseworker") || (get && official.has_role("privacy_officer"));
  if (what == "reviews") return official.has_role("privacy_officer");
  return official.has_role("caseworker") &&
         (what == "consents" || what == "tasks" || what == "forms" || (get && what == "messages"));
}

// Not understood is one thing; not taken is another: whoever must tell somebody now picks up the telephone.
HttpResponse not_sent(HttpResponse response, json::object telephones) {
  auto document = parse_json(response.body);
  if (response.status < 500 || !document || !document->is_object()) return response;
  json::object& o = document->get_object();
  const std::string detail(string_at(o, "detail"));
  if (detail.rfind("NOT SENT", 0) != 0) o["detail"] = "NOT SENT: " + (detail.empty() ? "telephone" : detail);
  o["telephone"] = std::move(telephones);
  response.body = json::serialize(*document);
  return response;
}

// Undo of admit() on every way out of a coroutine.
struct Leaving {
  std::function<void()> leave;
  ~Leaving() { leave(); }
};

}  // namespace

AgencyApi::AgencyApi(Journey& journey, const Parties& parties, const Forms& forms, Quarantine& quarantine,
                     const Clock& clock, Meter& meter, std::function<Quota(const std::string&)> quota)
    : journey_(journey),
      parties_(parties),
      forms_(forms),
      quarantine_(quarantine),
      clock_(clock),
      meter_(meter),
      quota_(std::move(quota)) {}

bool AgencyApi::admit(const std::string& party, Time now) {
  std::lock_guard lock(mutex_);
  const Quota quota = quota_(party);
  Use& use = use_[party];
  const Time minute = std::chrono::floor<std::chrono::minutes>(now);
  if (use.minute != minute) use.minute = minute, use.count = 0;
  if (use.count >= quota.messages_per_minute || use.in_flight >= quota.in_flight) return false;
  ++use.count;
  ++use.in_flight;
  return true;
}

void AgencyApi::leave(const std::string& party) {
  std::lock_guard lock(mutex_);
  --use_[party].in_flight;
}

Task<HttpResponse> AgencyApi::handle(HttpRequest request) {
  auto who = identify(request.peer, parties_);
  if (!who) co_return problem(who.error());
  const Caller caller = *who;
  co_return co_await answer(caller, std::move(request));
}

Task<HttpResponse> AgencyApi::answer(Caller who, HttpRequest request) {
  const Party* caller = who.party;
  const std::vector<std::string> path = segments(request.path());
  const bool get = request.method == "GET", post = request.method == "POST";
  if (path.empty() || path[0] != "v1" || path.size() < 2)
    co_return problem(404, "not_found", "Not found", "no such resource");
  const std::string& what = path[1];
  if (who.official != nullptr && !may(*who.official, what, get))
    co_return problem(
        fail(Errc::forbidden, "certificate", "not for an official of this role: the party's system does it"));

  const bool list = what == "exchanges" && path.size() == 2, inbox = what == "inbox" && path.size() == 2,
             consents = what == "consents" && path.size() == 2 && get, tasks = what == "tasks" && path.size() == 2;
  auto asked = list           ? check_query(request, {"state", "after", "limit"})
               : inbox        ? check_query(request, {"after", "wait"})
               : tasks        ? check_query(request, {"state", "after", "limit"})
               : consents     ? check_query(request, {"after", "limit"})
               : what == "in" ? check_query(request, {"after"})
                              : check_query(request, {});
  if (!asked) co_return problem(asked.error());

  if (what == "in" && path.size() == 3) {
    if (!post) co_return wrong_method("POST");
    std::string adapter = path[2];
    // Unknown names stop here: they must reach neither a log line nor a metric's label.
    if (!journey_.has_adapter(adapter)) co_return problem(404, "not_found", "Not found", "no such adapter");
    co_return co_await post_message(caller, std::move(adapter), std::move(request));
  }
  if (what == "forms" && path.size() <= 3) co_return co_await forms(who, path, std::move(request));
  if (what == "messages" && path.size() == 2) {
    if (!post) co_return wrong_method("POST");
    co_return co_await post_message(caller, "", std::move(request));
  }
  if (what == "messages" && path.size() == 3) {
    if (!get) co_return wrong_method("GET");
    auto r = co_await journey_.message_answer(caller, path[2]);
    co_return reply(std::move(r));
  }
  if (list) {
    if (!get) co_return wrong_method("GET");
    auto limit = number(request, "limit", 100);
    if (!limit) co_return problem(limit.error());
    auto r = co_await journey_.exchanges(caller, request.query("state"), request.query("after"), *limit);
    co_return reply(std::move(r));
  }
  if (what == "exchanges" && path.size() == 3) {
    if (!get) co_return wrong_method("GET");
    auto r = co_await journey_.exchange(caller, path[2]);
    co_return reply(std::move(r));
  }
  if (what == "receipts" && path.size() == 3) {
    if (!get) co_return wrong_method("GET");
    auto r = co_await journey_.receipt(caller, path[2]);
    if (!r) co_return problem(r.error());
    HttpResponse response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(*r);
    co_return response;
  }
  if (inbox) {
    if (!get) co_return wrong_method("GET");
    auto wait = number(request, "wait", 0);
    if (!wait) co_return problem(wait.error());
    auto r = co_await journey_.inbox(caller, request.query("after"), std::chrono::seconds(std::min(*wait, 55)));
    co_return reply(std::move(r));
  }
  if (what == "reviews" && path.size() == 2) {
    if (!get) co_return wrong_method("GET");
    auto r = co_await journey_.reviews(caller);
    co_return reply(std::move(r));
  }
  if (tasks) {
    if (!get) co_return wrong_method("GET");
    auto limit = number(request, "limit", 100);
    if (!limit) co_return problem(limit.error());
    auto r = co_await journey_.tasks(caller, request.query("state"), request.query("after"), *limit);
    co_return reply(std::move(r));
  }
  if (consents) {
    auto limit = number(request, "limit", 1000);
    if (!limit) co_return problem(limit.error());
    auto r = co_await journey_.list_consents(caller, request.query("after"), *limit);
    co_return reply(std::move(r));
  }

  if (what == "quarantine" && path.size() == 3) {
    if (request.method != "DELETE") co_return wrong_method("DELETE");
    if (caller->actor_type != "operator")
      co_return problem(fail(Errc::forbidden, "quarantine", "only an operator deletes what could not be read"));
    auto r = co_await quarantine_.remove(path[2], caller->id);
    if (!r) co_return problem(r.error());
    co_return json_response(200, json::serialize(json::object{{"id", path[2]}, {"deleted", true}}));
  }

  // Everything below takes a small JSON body.
  const bool exchange_turn = what == "exchanges" && path.size() == 4 &&
                             (path[3] == "assessments" || path[3] == "status" || path[3] == "retry");
  const bool acknowledge = what == "inbox" && path.size() == 4 && path[3] == "ack";
  const bool consent = what == "consents" && path.size() == 2;
  const bool revocation = what == "consents" && path.size() == 4 && path[3] == "revocations";
  const bool review = what == "reviews" && path.size() == 3, task = what == "tasks" && path.size() == 3;
  if (!exchange_turn && !acknowledge && !consent && !revocation && !review && !task)
    co_return problem(404, "not_found", "Not found", "no such resource");
  if (!post) co_return wrong_method(consent ? "GET, POST" : "POST");
  JsonLimits limits;
  limits.bytes_max = 256u << 10;
  limits.depth_max = 12;
  auto parsed = parse_json(request.body.empty() ? std::string_view("{}") : std::string_view(request.body), limits);
  if (!parsed) co_return problem(parsed.error());
  if (!parsed->is_object()) co_return problem(fail(Errc::invalid_input, "", "must be a JSON object"));
  json::value body = std::move(*parsed);
  const std::string id = path.size() > 2 ? path[2] : std::string();
  Result<json::object> r = fail(Errc::not_found, "", "");
  if (exchange_turn && path[3] == "assessments") r = co_await journey_.assess(who, id, std::move(body));
  if (exchange_turn && path[3] == "status") r = co_await journey_.set_status(caller, id, std::move(body));
  if (exchange_turn && path[3] == "retry") r = co_await journey_.retry(caller, id);
  if (review) r = co_await journey_.close_review(who, id, std::move(body));
  if (task) r = co_await journey_.answer_task(who, id, std::move(body));
  if (acknowledge) r = co_await journey_.acknowledge(caller, id, std::move(body));
  if (consent) r = co_await journey_.add_consent(caller, std::move(body));
  if (revocation) r = co_await journey_.revoke_consent(caller, id, std::move(body));
  co_return reply(std::move(r), consent ? 201 : 200);
}

// A form is filled in by a person: an official, by name. From there it is a message like any other.
Task<HttpResponse> AgencyApi::forms(Caller who, std::vector<std::string> path, HttpRequest request) {
  if (who.official == nullptr)
    co_return problem(fail(Errc::forbidden, "certificate", "a form is filled in by an official in person"));
  const bool post = request.method == "POST", one = path.size() == 3;
  if (request.method != "GET" && !(post && one)) co_return wrong_method(one ? "GET, POST" : "GET");
  if (!one) co_return reply(forms_.list(*who.party));
  if (!post) co_return reply(forms_.form(*who.party, path[2], new_id(clock_.now()), clock_.now()));
  auto parsed = parse_json(request.body);
  if (!parsed) co_return problem(parsed.error());
  auto message = forms_.message(*who.party, *who.official, path[2], std::move(*parsed));
  if (!message) co_return problem(message.error());
  request.body = json::serialize(*message);
  co_return co_await post_message(who.party, "", std::move(request));
}

Task<HttpResponse> AgencyApi::post_message(const Party* caller, std::string adapter, HttpRequest request) {
  if (!admit(caller->id, clock_.now()))
    co_return not_sent(
        problem(fail(Errc::busy, "quota", "this sender's quota is used up for now; nothing was decided")),
        journey_.telephones(*caller));
  Leaving leaving{[this, id = caller->id] { leave(id); }};
  auto after = number(request, "after", 0, 9);
  if (!after) co_return problem(after.error());
  Incoming in;
  in.after = *after;
  in.sender = caller;
  in.adapter = adapter;
  in.media_type = std::string(request.header("content-type"));
  in.body = std::move(request.body);
  const auto signatures = std::count_if(request.headers.begin(), request.headers.end(),
                                        [](const auto& header) { return header.first == "x-jws-signature"; });
  in.signature = std::string(request.header("x-jws-signature"));
  // Whoever sends the header means to sign: an empty one is a fault of the sender's, never an unsigned message.
  if (signatures > 1 || (signatures == 1 && in.signature.empty()))
    co_return not_sent(
        problem(fail(Errc::invalid_input, "x-jws-signature", "is there without a signature, or more than once")),
        journey_.telephones(*caller));
  in.public_key = request.peer.public_key;
  const auto accept = request.header("accept");
  const bool wants_xml =
      accept.find("application/xml") != std::string_view::npos || accept.find("text/xml") != std::string_view::npos;
  std::string body = in.body;  // for the quarantine: intake consumes it
  const std::string media_type = in.media_type;
  auto answer = co_await journey_.accept(std::move(in));
  if (!answer) {
    const Error error = answer.error();
    log(LogLevel::info, "message.refused",
        {{"sender", caller->id},
         {"adapter", adapter},
         {"code", std::string(to_string(error.code))},
         {"where", error.where}});
    HttpResponse response = not_sent(problem(error), journey_.telephones(*caller));
    std::optional<PluginReply> rendered;
    if (wants_xml && !adapter.empty() && response.status < 500)
      rendered = rendered_refusal(adapter, media_type, body, response.body);
    if (error.code == Errc::invalid_input || error.code == Errc::rejected) {
      auto kept = co_await quarantine(caller, std::move(adapter), std::move(body), error);
      if (!kept && kept.error().code == Errc::too_large)
        co_return problem(507, "quarantine_full", "What cannot be read can no longer be kept",
                          error.message + "; NOT SENT and not kept: keep it, mend it, or telephone the hub's operator",
                          error.where);
      if (kept) {
        // The sender is told under which id the hub keeps what it could not read.
        auto document = parse_json(response.body);
        if (document && document->is_object()) {
          document->get_object()["quarantine"] = *kept;
          response.body = json::serialize(*document);
        }
      }
    }
    // The status stays that of the problem: a refusal that reads as a receipt is no 200.
    if (rendered) {
      response.content_type = std::move(rendered->media_type);
      response.body = std::move(rendered->body);
    }
    co_return response;
  }
  if (const json::value* messages = answer->if_contains("messages")) {
    // Of several messages some were refused: the body is kept whole, so that nothing a sender said is lost.
    for (const json::value& one : messages->as_array()) {
      if (!one.as_object().contains("problem")) continue;
      Error why = fail(Errc::rejected, "messages", "some were refused");
      auto kept = co_await quarantine(caller, adapter, std::move(body), std::move(why));
      if (kept) (*answer)["quarantine"] = *kept;
      break;
    }
  }
  if (const json::value* rows = answer->if_contains("rows");
      rows && rows->at("left").to_number<int>() == 0 && rows->at("refused").to_number<int>() > 0) {
    Error why = fail(Errc::rejected, "rows", "some were refused");
    auto kept = co_await quarantine(caller, adapter, std::move(body), std::move(why));
    if (kept) (*answer)["quarantine"] = *kept;
  }
  std::string text = json::serialize(*answer);
  if (wants_xml && !adapter.empty()) {
    if (auto rendered = journey_.render_answer(adapter, text)) {
      HttpResponse response;
      response.status = rendered->status ? rendered->status : 200;
      response.content_type = rendered->media_type;
      response.body = std::move(rendered->body);
      co_return response;
    }
  }
  co_return json_response(200, std::move(text));
}

// A refusal in the sender's own format, where the adapter has one and can name the message that was refused.
std::optional<PluginReply> AgencyApi::rendered_refusal(const std::string& adapter, const std::string& media_type,
                                                       const std::string& body, const std::string& problem_json) const {
  auto document = parse_json(problem_json);
  if (!document) return std::nullopt;
  const json::object both{
      {"answer", std::move(*document)},
      {"request", json::object{{"mediaType", media_type}, {"body", body}, {"receivedAt", to_rfc3339(clock_.now())}}}};
  auto rendered = journey_.render_answer(adapter, json::serialize(both));
  if (!rendered) return std::nullopt;
  return std::move(*rendered);
}

Task<Result<std::string>> AgencyApi::quarantine(const Party* sender, std::string adapter, std::string body, Error why) {
  auto kept = co_await quarantine_.keep(sender->id, std::move(adapter), std::move(body), std::move(why));
  if (!kept && kept.error().code == Errc::too_large) meter_.alarm("quarantine_full");
  meter_.message("any", kept ? "quarantined" : "refused");
  co_return kept;
}

}  // namespace samband
