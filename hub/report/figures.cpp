#include "report/figures.hpp"

#include <algorithm>
#include <cmath>

#include "model/vocabulary.hpp"
#include "routing/toml_reader.hpp"

namespace samband::report {
namespace {

using toml_file::File;
using toml_file::Table;

constexpr std::int64_t kBelowMax = 100;
constexpr std::size_t kFiguresMax = 200, kTablesMax = 50, kNotesMax = 10, kValuesMax = 8;
constexpr std::string_view kDeadlineIs[] = {"in_time", "late", "missed", "open", "ended"};
constexpr std::string_view kSexes[] = {"female", "male", "unknown"};
constexpr std::string_view kOutcomes[] = {"released", "partial", "held", "refused"};
constexpr std::string_view kCounts[] = {"persons", "messages", "exchanges"};
constexpr std::string_view kBy[] = {"nothing", "month", "third", "year", "age", "sex"};

// The place of one of a list of words; the first when the key is absent.
template <std::size_t N>
std::size_t choice(Table& in, std::string_view key, const std::string_view (&list)[N]) {
  if (!in.has(key)) return 0;
  const std::string word = in.text(key, 40);
  const auto it = std::find(std::begin(list), std::end(list), word);
  if (it != std::end(list)) return static_cast<std::size_t>(it - std::begin(list));
  std::string expected = "expected one of";
  for (const std::string_view each : list) expected += " " + std::string(each);
  in.refuse(key, expected);
  return 0;
}

std::vector<std::string> codes(Table& in, std::string_view key, std::span<const std::string_view> list,
                               const char* what) {
  std::vector<std::string> out = in.texts(key);
  in.check_codes(key, out, list, what);
  return out;
}

Words words(Table& in) { return {in.required_text("sv", 300), in.required_text("en", 300)}; }

AgeBand band(Table& in, std::string_view key, const std::string& text) {
  AgeBand out{text};
  if (!parse_age(text, out.min, out.max)) in.refuse(key, "expected an age like \"15-20\", \"<18\" or \">=20\"");
  return out;
}

// Of the payload alone: a condition on who somebody is would count persons one by one.
ValueTest value_test(Table& in) {
  ValueTest out;
  out.pointer = in.required_text("pointer", 200);
  if (!out.pointer.starts_with("/payload/")) in.refuse("pointer", "expected a JSON pointer that begins with /payload/");
  if (in.has("at_least") == in.has("is")) in.require("is", "either 'is' or 'at_least'");
  if (in.has("at_least")) out.at_least = in.integer("at_least", 0, -1'000'000'000, 1'000'000'000);
  if (!in.has("is")) return out;
  const toml::node& node = *in.raw().get("is");
  if (node.is_boolean()) {
    out.is = in.boolean("is", false);
  } else if (node.is_integer()) {
    out.is = in.integer("is", 0, -1'000'000'000, 1'000'000'000);
  } else {
    out.is = in.required_text("is", 100);
  }
  return out;
}

Figure read_figure(Table& in, const Parties* parties, const Routes* routes) {
  Figure out;
  out.id = in.required_text("id", 60);
  out.label = words(in);
  out.count = static_cast<Counts>(choice(in, "count", kCounts));
  if (!in.has("count")) in.require("count", "persons, messages or exchanges");
  out.kinds = codes(in, "kinds", message_kinds(), "message kind");
  out.purposes = codes(in, "purposes", purposes(), "purpose");
  out.outcomes = codes(in, "outcomes", kOutcomes, "outcome");
  out.sender_types = codes(in, "sender_types", actor_types(), "actor type");
  out.recipient_types = codes(in, "recipient_types", actor_types(), "actor type");
  for (const auto& [key, list] : {std::pair{"senders", &out.senders}, {"recipients", &out.recipients}}) {
    *list = in.texts(key);
    for (const std::string& id : *list)
      if (parties && !parties->find(id)) in.refuse(key, "unknown party '" + id + "'");
  }
  out.reached = codes(in, "reached", life_steps(), "step");
  out.not_reached = codes(in, "not_reached", life_steps(), "step");
  out.reasons = codes(in, "reasons", reason_codes(), "reason code");
  if (!out.reasons.empty() && out.reached.empty()) in.refuse("reasons", "are those of a step: 'reached' is absent");
  out.deadline = in.text("deadline", 40);
  out.deadline_is = codes(in, "deadline_is", kDeadlineIs, "state of a deadline");
  if (out.deadline.empty() != out.deadline_is.empty()) in.require("deadline_is", "goes with 'deadline'");
  const auto has_deadline = [&](const Route& route) {
    return std::any_of(route.deadlines.begin(), route.deadlines.end(),
                       [&](const StepDeadline& each) { return each.id == out.deadline; });
  };
  if (routes && !out.deadline.empty() && std::none_of(routes->all().begin(), routes->all().end(), has_deadline))
    in.refuse("deadline", "no route has the deadline '" + out.deadline + "'");
  if (in.has("ages")) out.ages = band(in, "ages", in.text("ages", 20));
  if (in.has("sex")) out.sex = kSexes[choice(in, "sex", kSexes)];
  out.months = in.integers("months", 1, 12);
  for (Table& table : in.tables("value", kValuesMax)) {
    out.values.push_back(value_test(table));
    table.finish();
  }
  constexpr std::string_view kWhen[] = {"event", "step"};
  out.when_step = choice(in, "when", kWhen) == 1;
  if (out.when_step && out.reached.empty()) in.refuse("when", "is the day of a step: 'reached' is absent");
  out.until = codes(in, "until", life_steps(), "step");
  if (!out.until.empty() && (out.reached.empty() || out.when_step))
    in.refuse("until", "is where what began with a step ends: give 'reached', and no 'when'");
  if (in.has("target")) out.target = static_cast<int>(in.integer("target", 0, 0, 100));
  return out;
}

FigureTable read_table(Table& in, const std::vector<Figure>& figures) {
  FigureTable out;
  out.title = words(in);
  for (const std::string& id : in.texts("figures")) {
    const auto it = std::find_if(figures.begin(), figures.end(), [&](const Figure& f) { return f.id == id; });
    if (it == figures.end()) {
      in.refuse("figures", "unknown figure '" + id + "'");
      continue;
    }
    out.figures.push_back(static_cast<std::size_t>(it - figures.begin()));
  }
  if (out.figures.empty()) in.require("figures", "ids of figures");
  out.by = static_cast<By>(choice(in, "by", kBy));
  for (const std::string& text : in.texts("bands", 30)) out.bands.push_back(band(in, "bands", text));
  if (out.bands.empty() == (out.by == By::age)) in.require("bands", "go with by = \"age\"");
  for (std::size_t i = 1; i < out.bands.size(); ++i)
    if (out.bands[i].min <= out.bands[i - 1].max) in.refuse("bands", "expected bands in order, none over another");
  out.shares = in.boolean("shares", false);
  if (out.shares && out.by == By::nothing) in.refuse("shares", "are those of classes: 'by' is absent");
  for (Table& note : in.tables("note", kNotesMax)) {
    out.notes.push_back(words(note));
    note.finish();
  }
  in.finish();
  return out;
}

}  // namespace

std::int64_t share(std::int64_t part, std::int64_t base, int rounding) {
  return (2 * 1000 * part + base * rounding) / (2 * base * rounding) * rounding;
}

Result<FollowUp> load_follow_up(const std::filesystem::path& path, const Parties* parties, const Routes* routes) {
  File file(path);
  FollowUp out;
  if (!file.failed()) {
    Table root(file);
    toml_file::check_version(root);
    out.name = root.required_text("name", 60);
    out.title = words(root);
    out.suppress_below = root.integer("suppress_below", out.suppress_below, 2, kBelowMax);
    const double points = root.number("rounding", 0.5, 0.1, 10);
    out.rounding = static_cast<int>(std::lround(points * 10));
    if (std::abs(points * 10 - out.rounding) > 1e-9) root.refuse("rounding", "expected tenths, like 0.5");
    constexpr std::string_view kAgeAt[] = {"event", "receipt"};
    out.age_at_receipt = choice(root, "age_at", kAgeAt) == 1;
    for (Table& table : root.tables("figure", kFiguresMax)) {
      Figure figure = read_figure(table, parties, routes);
      const auto known = [&](const std::string& id) {
        return std::find_if(out.figures.begin(), out.figures.end(), [&](const Figure& f) { return f.id == id; });
      };
      if (known(figure.id) != out.figures.end()) table.refuse("id", "the id is used twice");
      const auto other = [&](const char* key, std::optional<std::size_t>& place) {
        const std::string base = table.text(key, 60);
        if (base.empty()) return;
        const auto it = known(base);
        if (it == out.figures.end())
          table.refuse(key, "unknown figure '" + base + "'; it stands before those that name it");
        else
          place = static_cast<std::size_t>(it - out.figures.begin());
      };
      other("share_of", figure.share_of);
      other("per", figure.per);
      other("before", figure.before);
      other("after", figure.after);
      if (figure.share_of && out.figures[*figure.share_of].count != figure.count)
        table.refuse("share_of", "its base counts something else");
      if (figure.share_of && !figure.until.empty()) table.refuse("share_of", "goes without 'until'");
      if (figure.share_of && figure.per) table.refuse("per", "goes without 'share_of'");
      if (figure.before && figure.after) table.refuse("after", "goes without 'before'");
      if (figure.target && !figure.share_of) table.refuse("target", "is a percentage: 'share_of' is absent");
      table.finish();
      out.figures.push_back(std::move(figure));
    }
    for (Table& table : root.tables("table", kTablesMax)) out.tables.push_back(read_table(table, out.figures));
    if (out.tables.empty()) root.require("table", "at least one [[table]]");
    root.finish();
  }
  if (file.failed()) return file.error();
  return out;
}

}  // namespace samband::report
