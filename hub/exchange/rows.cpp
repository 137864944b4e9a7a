// A file of rows: each row is a message of its own, taken some at a time, and the answer says row by row what became of
// it. A file that takes longer than one answer may is left where it was: the sender sends it again with ?after= and it
// goes on from there; without it too, for what has been taken is known by its id. So nothing of a file is kept between
// answers, and a hub that dies in the middle has lost nothing.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "exchange/answer.hpp"
#include "exchange/journey.hpp"
#include "exchange/text.hpp"
#include "transport/http.hpp"

namespace samband {
namespace {

constexpr std::size_t kRowsAtOnce = 64;            // recorded together: they share the log's group commits
constexpr std::chrono::seconds kAnswerWithin{40};  // the listener gives a handler a minute

// What a row's sender needs to go on; the receipts are at /v1/receipts/{exchange}.
json::object brief(const json::object& exchange) {
  json::object out;
  for (const char* key : {"id", "recipient", "outcome", "reason", "state"})
    if (const json::value* v = exchange.if_contains(key)) out[key] = *v;
  return out;
}

json::object brief_answer(const json::object& answer) {
  json::object out;
  for (const char* key : {"messageId", "senderMessageId", "duplicate", "receivedAt"}) out[key] = answer.at(key);
  if (!answer.at("warnings").as_array().empty()) out["warnings"] = answer.at("warnings");
  json::array& exchanges = out["exchanges"].emplace_array();
  for (const json::value& exchange : answer.at("exchanges").as_array())
    exchanges.push_back(brief(exchange.as_object()));
  return out;
}

struct Leaving {
  std::function<void()> leave;
  ~Leaving() { leave(); }
};

}  // namespace

// The same for a message that was taken before, without making its receipts anew.
Result<json::object> Journey::brief_again(const MessageRow& message) const {
  json::array exchanges;
  for (const std::string& id : split(message.exchanges)) {
    auto row = s_.store.exchange(id);
    if (!row) return row.error();
    if (row->has_value()) exchanges.push_back(brief(show_exchange(**row)));
  }
  return json::object{{"messageId", message.id},
                      {"senderMessageId", message.sender_message_id},
                      {"duplicate", true},
                      {"receivedAt", to_rfc3339(message.received_at)},
                      {"exchanges", std::move(exchanges)}};
}

struct Journey::Rows {
  Incoming in;
  std::vector<std::string> texts;
  json::array results;  // one for each row of the window
  std::size_t running = 0;
  std::optional<Error> stop;  // the hub cannot go on: the rows from here on are left
  asio::steady_timer done;
  int accepted = 0, duplicates = 0, refused = 0;

  Rows(Incoming i, std::vector<std::string> t, const asio::any_io_executor& executor)
      : in(std::move(i)), texts(std::move(t)), done(executor, asio::steady_timer::time_point::max()) {}
};

// The rows that are taken at once. Each would be decided while the one before is written to the disk, and nearly every
// row be a transaction of its own: so they wait for one another where they are about to be recorded.
struct Journey::Window {
  std::size_t awaited;  // rows that have neither come there nor ended
  asio::steady_timer open;
  Window(std::size_t rows, const asio::any_io_executor& executor)
      : awaited(rows), open(executor, asio::steady_timer::time_point::max()) {}
};

// One row's: it comes once, or ends without having come.
class Journey::Turn {
 public:
  explicit Turn(std::shared_ptr<Window> window) : window_(std::move(window)) {}
  ~Turn() { leave(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Task<void> come() {
    leave();
    boost::system::error_code woken;
    while (window_->awaited > 0) co_await window_->open.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }

 private:
  void leave() {
    if (!std::exchange(gone_, true) && --window_->awaited == 0) window_->open.cancel();
  }
  const std::shared_ptr<Window> window_;
  bool gone_ = false;
};

// Runs on the strand of the request, as all rows of one file do; the decisions of a window share it.
Task<void> Journey::accept_row(std::shared_ptr<Rows> rows, std::shared_ptr<Window> window, std::size_t at) {
  Turn turn(std::move(window));
  const std::string adapter = rows->in.adapter;
  Row row;
  json::object result;
  std::optional<Error> error;
  bool duplicate = false;
  auto read = read_row(rows->texts[at]);
  if (!read) {
    error = read.error();
  } else {
    row = std::move(*read);
    error = row.problem;
  }
  const std::int64_t line = row.line;
  const std::string id = s_.intake.sender_key(*rows->in.sender, row.id);
  if (!error) {
    auto earlier = s_.store.message(rows->in.sender->id, id);
    if (!earlier) {
      error = earlier.error();
    } else if (earlier->has_value() && (*earlier)->key_id != 0 && (*earlier)->content_hash == row.content_hash) {
      auto known = brief_again(**earlier);
      if (known)
        result = std::move(*known), duplicate = true;
      else
        error = known.error();
    }
  }
  if (!error && !duplicate) {
    auto source = s_.intake.read(rows->in, std::move(row), s_.clock.now());
    if (!source) {
      error = source.error();
    } else {
      CasePtr one = std::make_shared<const Case>(std::move(*source));
      BeforeCommit others = [&turn] { return turn.come(); };
      auto answer = co_await accept_one(rows->in.sender, std::move(one), std::move(others));
      if (answer)
        result = brief_answer(*answer), duplicate = answer->at("duplicate").as_bool();
      else
        error = answer.error();
    }
  }
  if (error && (error->code == Errc::unavailable || error->code == Errc::busy)) {
    if (!rows->stop) rows->stop = error;
    co_return;  // left: neither taken nor refused
  }
  s_.meter.message(adapter, error ? "refused" : duplicate ? "duplicate" : "accepted");
  if (error) {
    ++rows->refused;
    auto document = parse_json(problem(*error).body);
    if (!id.empty()) result["senderMessageId"] = id;
    if (id.empty() && !error->where.empty()) result["column"] = error->where;  // the adapter's: it knows the columns
    result["problem"] = document ? *document : json::value();
  } else {
    ++(duplicate ? rows->duplicates : rows->accepted);
  }
  result["row"] = line;
  rows->results.push_back(std::move(result));
}

Task<Result<json::object>> Journey::accept_rows(Incoming in, std::vector<std::string> texts) {
  const std::string party = in.sender->id;
  {
    std::lock_guard lock(files_mutex_);
    if (!files_.insert(party).second)
      co_return fail(Errc::busy, "file", "another file of this sender is being taken: send it again after that");
  }
  Leaving leaving{[this, party] {
    std::lock_guard lock(files_mutex_);
    files_.erase(party);
  }};
  const auto executor = co_await asio::this_coro::executor;
  auto rows = std::make_shared<Rows>(std::move(in), std::move(texts), executor);
  const auto until = std::chrono::steady_clock::now() + kAnswerWithin;
  const std::size_t total = rows->texts.size();
  std::size_t at = 0;
  while (at < total && line_of(rows->texts[at]) <= rows->in.after) ++at;
  const std::size_t begin = at;
  std::int64_t after = rows->in.after;
  while (at < total && !rows->stop && std::chrono::steady_clock::now() < until) {
    // What corrects or retracts an earlier row of the same file waits until that one is taken.
    std::size_t end = at + 1;
    const auto turns_back = [&](std::size_t i) {
      return rows->texts[i].find("\"correctionOf\"") != std::string::npos ||
             rows->texts[i].find("\"retracts\"") != std::string::npos;
    };
    while (end < total && end - at < kRowsAtOnce && !turns_back(end)) ++end;
    rows->running = end - at;
    auto window = std::make_shared<Window>(end - at, executor);
    for (; at < end; ++at)
      asio::co_spawn(executor, accept_row(rows, window, at), [rows](const std::exception_ptr& thrown) {
        if (thrown && !rows->stop) rows->stop = fail(Errc::internal, "row", "a row could not be taken");
        if (--rows->running == 0) rows->done.cancel();
      });
    boost::system::error_code woken;
    while (rows->running > 0) co_await rows->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (!rows->stop) after = line_of(rows->texts[at - 1]);
  }
  const int taken = rows->accepted + rows->duplicates + rows->refused;
  if (rows->stop && rows->accepted + rows->duplicates == 0) co_return *rows->stop;
  std::sort(rows->results.begin(), rows->results.end(), [](const json::value& a, const json::value& b) {
    return a.as_object().at("row").as_int64() < b.as_object().at("row").as_int64();
  });
  json::object counts{{"total", total},
                      {"accepted", rows->accepted},
                      {"duplicates", rows->duplicates},
                      {"refused", rows->refused},
                      {"left", static_cast<std::int64_t>(total - begin) - taken},
                      {"after", after}};
  json::object out{{"rows", std::move(counts)}, {"results", std::move(rows->results)}};
  if (rows->stop) {
    auto document = parse_json(problem(*rows->stop).body);
    out["problem"] = document ? *document : json::value();
  }
  co_return out;
}

}  // namespace samband
