// Follow-up figures as text, CSV and JSON: one view of the tables, three ways of writing it.
#include <algorithm>
#include <set>

#include "report/follow_up.hpp"

namespace samband::report {
namespace {

constexpr std::string_view kHidden = "..";

struct Cell {
  std::string key, label;  // class; "" = the figure's total
  bool hidden = false;
  std::int64_t n = 0;
  std::optional<std::int64_t> share;  // tenths of a percentage point; none: hidden, or of nothing
};
struct Row {
  const Figure* figure = nullptr;
  std::vector<Cell> classes;
  Cell total;
  const Figure* base = nullptr;      // of the total's share, or what it is counted for each of
  std::optional<std::int64_t> mean;  // tenths, for each of the base
};
struct View {
  const FigureTable* table = nullptr;
  std::vector<Row> rows;
};

bool english(const Shown& how) { return how.language == "en"; }

std::string class_label(By by, const std::string& key, const Shown& how) {
  if (key == "unknown") return english(how) ? "unknown" : "okänd";
  if (key == "female") return english(how) ? "female" : "kvinna";
  if (key == "male") return english(how) ? "male" : "man";
  if (by == By::third) return key.substr(0, 5) + "T" + key.substr(5);
  return key;
}

// Every class of the table in order; what nothing happened in stands there too.
std::vector<std::string> class_keys(const FigureTable& table, std::size_t t, const FollowUpCounts& counts) {
  std::set<std::string> seen;
  for (const std::size_t figure : table.figures)
    if (const auto it = counts.classes.find({t, figure}); it != counts.classes.end())
      for (const auto& [key, cell] : it->second) seen.insert(key);
  std::vector<std::string> out;
  const auto with_unknown = [&] {
    if (seen.contains("unknown")) out.emplace_back("unknown");
  };
  if (table.by == By::age) {
    for (const AgeBand& band : table.bands) out.push_back(band.text);
    with_unknown();
  } else if (table.by == By::sex) {
    out = {"female", "male"};
    with_unknown();
  } else if (!seen.empty()) {
    const int last = table.by == By::month ? 12 : 3;
    for (std::string key = *seen.begin();;) {
      out.push_back(key);
      if (key == *seen.rbegin()) break;
      int year = std::stoi(key.substr(0, 4));
      int part = key.size() > 5 ? std::stoi(key.substr(5)) + 1 : 1;
      if (key.size() == 4 || part > last) ++year, part = 1;
      key = std::to_string(year);
      if (table.by == By::month) key += (part < 10 ? "-0" : "-") + std::to_string(part);
      if (table.by == By::third) key += "-" + std::to_string(part);
    }
  }
  return out;
}

std::vector<View> views(const FollowUp& what, const FollowUpCounts& counts, const Shown& how) {
  const std::vector<char> hidden = how.unsuppressed ? std::vector<char>(counts.values.size(), 0)
                                                    : hidden_cells(counts.population, what.suppress_below);
  const auto cell_of = [&](std::uint32_t at) {
    Cell cell;
    cell.hidden = hidden[at] != 0;
    cell.n = counts.values[at];
    return cell;
  };
  const auto give_share = [&](Cell& part, const Cell& base) {
    if (!part.hidden && !base.hidden && base.n > 0) part.share = share(part.n, base.n, what.rounding);
  };
  std::vector<View> out;
  for (std::size_t t = 0; t < what.tables.size(); ++t) {
    View view{&what.tables[t], {}};
    const std::vector<std::string> keys = class_keys(*view.table, t, counts);
    for (const std::size_t f : view.table->figures) {
      Row row;
      row.figure = &what.figures[f];
      row.total = cell_of(counts.totals[f]);
      if (row.figure->share_of) {
        row.base = &what.figures[*row.figure->share_of];
        give_share(row.total, cell_of(counts.totals[*row.figure->share_of]));
      }
      if (row.figure->per) {
        row.base = &what.figures[*row.figure->per];
        const Cell base = cell_of(counts.totals[*row.figure->per]);
        if (!row.total.hidden && !base.hidden && base.n > 0) row.mean = (20 * row.total.n + base.n) / (2 * base.n);
      }
      const auto classes = counts.classes.find({t, f});
      for (const std::string& key : view.table->by == By::nothing ? std::vector<std::string>{} : keys) {
        Cell cell;
        if (classes != counts.classes.end())
          if (const auto it = classes->second.find(key); it != classes->second.end()) cell = cell_of(it->second);
        cell.key = key;
        cell.label = class_label(view.table->by, key, how);
        if (view.table->shares) give_share(cell, row.total);
        row.classes.push_back(std::move(cell));
      }
      view.rows.push_back(std::move(row));
    }
    out.push_back(std::move(view));
  }
  return out;
}

std::string count_text(const Cell& cell) { return cell.hidden ? std::string(kHidden) : std::to_string(cell.n); }

std::string tenths(std::int64_t n, char point) { return std::to_string(n / 10) + point + std::to_string(n % 10); }

std::string share_text(const Cell& cell, const Shown& how) {
  if (!cell.share) return cell.hidden || cell.n > 0 ? std::string(kHidden) : "-";
  return tenths(*cell.share, english(how) ? '.' : ',') + " %";
}

std::string mean_text(const Row& row, const Shown& how) {
  if (!row.mean) return row.total.n > 0 || row.total.hidden ? std::string(kHidden) : "-";
  return tenths(*row.mean, english(how) ? '.' : ',') + (english(how) ? " each" : " var");
}

// Letters, not bytes.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

using Lines = std::vector<std::vector<std::string>>;

// The first and, from `left_from` on, the last columns begin at the left; numbers end at the right.
std::string aligned(const Lines& lines, std::size_t left_from) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width(line[i]));
    }
  std::string out;
  for (const auto& line : lines) {
    std::string text = "  ";
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string gap(widths[i] - width(line[i]), ' ');
      text += (i == 0 || i >= left_from ? line[i] + gap : gap + line[i]) + "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

std::string plain_table(const View& view, const Shown& how) {
  const bool shares = std::any_of(view.rows.begin(), view.rows.end(), [](const Row& r) { return r.base != nullptr; });
  const bool targets =
      std::any_of(view.rows.begin(), view.rows.end(), [](const Row& r) { return r.figure->target.has_value(); });
  Lines lines;
  std::vector<std::string> head{"", english(how) ? "count" : "antal"};
  if (shares) head.push_back(english(how) ? "share" : "andel");
  if (targets) head.push_back(english(how) ? "target" : "mål");
  if (shares) head.push_back(english(how) ? "of" : "av");
  lines.push_back(std::move(head));
  for (const Row& row : view.rows) {
    std::vector<std::string> line{row.figure->label.in(how.language), count_text(row.total)};
    if (shares) line.push_back(row.base ? row.figure->per ? mean_text(row, how) : share_text(row.total, how) : "");
    if (targets) line.push_back(row.figure->target ? std::to_string(*row.figure->target) + " %" : "");
    if (shares) line.push_back(row.base ? row.base->label.in(how.language) : "");
    lines.push_back(std::move(line));
  }
  return aligned(lines, shares ? lines[0].size() - 1 : lines[0].size());
}

std::string class_table(const View& view, const Shown& how) {
  Lines lines;
  std::vector<std::string> head{""};
  for (const Cell& cell : view.rows.front().classes) head.push_back(cell.label);
  head.push_back(english(how) ? "total" : "totalt");
  lines.push_back(std::move(head));
  for (const Row& row : view.rows) {
    std::vector<std::string> line{row.figure->label.in(how.language)};
    for (const Cell& cell : row.classes) line.push_back(count_text(cell));
    line.push_back(count_text(row.total));
    lines.push_back(std::move(line));
    if (!view.table->shares) continue;
    std::vector<std::string> share_line{english(how) ? "  share" : "  andel"};
    for (const Cell& cell : row.classes) share_line.push_back(share_text(cell, how));
    lines.push_back(std::move(share_line));
  }
  return aligned(lines, lines[0].size());
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

json::object as_json(const Cell& cell) {
  json::object out;
  out["count"] = cell.hidden ? json::value(nullptr) : json::value(cell.n);
  out["suppressed"] = cell.hidden;
  out["share"] = cell.share ? json::value(static_cast<double>(*cell.share) / 10) : json::value(nullptr);
  return out;
}

}  // namespace

std::string follow_up_text(const FollowUp& what, const FollowUpCounts& counts, const Shown& how) {
  const bool en = english(how);
  std::string out = what.title.in(how.language) + "\n";
  if (how.period)
    out += to_string(how.period->from) + (en ? " to " : " till ") + to_string(how.period->to) +
           (en ? " (not included)" : " (ej inräknad)") + "\n";
  else
    out += en ? "nothing is on record\n" : "ingenting är registrerat\n";
  if (how.unsuppressed)
    out += en ? "INTERNAL: small counts are shown; not for a steering group\n"
              : "INTERNT: små antal visas; får inte lämnas till en styrgrupp\n";
  for (const View& view : views(what, counts, how)) {
    out += "\n" + view.table->title.in(how.language) + "\n";
    out += view.table->by == By::nothing ? plain_table(view, how) : class_table(view, how);
    for (const Words& note : view.table->notes) out += "  * " + note.in(how.language) + "\n";
  }
  const std::string points = tenths(what.rounding, en ? '.' : ',');
  out += en ? "\nShares are rounded to the nearest " + points + " percentage points."
            : "\nAndelar är avrundade till närmaste " + points + " procentenheter.";
  const bool means = std::any_of(what.figures.begin(), what.figures.end(), [](const Figure& f) { return f.per; });
  if (means)
    out += en ? " \"each\" = for each of what stands beside it, to the nearest tenth, halves upwards."
              : " ”var” = i snitt för var och en av dem som står bredvid, till närmaste tiondel, halva uppåt.";
  if (!how.unsuppressed)
    out += (en ? " .. = hidden, since a count under " : " .. = dolt, eftersom ett antal under ") +
           std::to_string(what.suppress_below) +
           (en ? " could be worked out from it." : " annars skulle gå att räkna fram.");
  out += "\n";
  if (counts.erased > 0)
    out += en ? "Erased messages count in totals; their age, sex and content are unknown.\n"
              : "Gallrade meddelanden räknas i totaler; deras ålder, kön och innehåll är okända.\n";
  return out;
}

std::string follow_up_csv(const FollowUp& what, const FollowUpCounts& counts, const Shown& how) {
  std::string out = "table,figure,label,class,count,share_percent,share_of,target_percent,mean,per\r\n";
  const auto line = [&](const View& view, const Row& row, const Cell& cell, const std::string& base) {
    const std::string fields[] = {view.table->title.in(how.language),
                                  row.figure->id,
                                  row.figure->label.in(how.language),
                                  cell.key,
                                  count_text(cell),
                                  cell.share ? tenths(*cell.share, '.') : "",
                                  base,
                                  cell.key.empty() && row.figure->target ? std::to_string(*row.figure->target) : "",
                                  cell.key.empty() && row.mean ? tenths(*row.mean, '.') : "",
                                  cell.key.empty() && row.figure->per ? row.base->id : ""};
    for (const std::string& field : fields) out += (&field == fields ? "" : ",") + csv_field(field);
    out += "\r\n";
  };
  for (const View& view : views(what, counts, how))
    for (const Row& row : view.rows) {
      for (const Cell& cell : row.classes) line(view, row, cell, view.table->shares ? row.figure->id : "");
      line(view, row, row.total, row.figure->share_of ? row.base->id : "");
    }
  return out;
}

json::object follow_up_json(const FollowUp& what, const FollowUpCounts& counts, const Shown& how) {
  json::array tables;
  for (const View& view : views(what, counts, how)) {
    json::array rows, notes;
    for (const Row& row : view.rows) {
      json::object o = as_json(row.total);
      o["figure"] = row.figure->id;
      o["label"] = row.figure->label.in(how.language);
      o["shareOf"] = row.figure->share_of ? json::value(row.base->id) : json::value(nullptr);
      if (row.figure->per) {
        o["per"] = row.base->id;
        o["mean"] = row.mean ? json::value(static_cast<double>(*row.mean) / 10) : json::value(nullptr);
      }
      o["target"] = row.figure->target ? json::value(*row.figure->target) : json::value(nullptr);
      json::array classes;
      for (const Cell& cell : row.classes) {
        json::object c = as_json(cell);
        c["class"] = cell.key;
        classes.push_back(std::move(c));
      }
      o["classes"] = std::move(classes);
      rows.push_back(std::move(o));
    }
    for (const Words& note : view.table->notes) notes.push_back(json::string(note.in(how.language)));
    tables.push_back(json::object{
        {"title", view.table->title.in(how.language)}, {"rows", std::move(rows)}, {"notes", std::move(notes)}});
  }
  return {{"name", what.name},
          {"title", what.title.in(how.language)},
          {"from", how.period ? json::value(to_string(how.period->from)) : json::value(nullptr)},
          {"to", how.period ? json::value(to_string(how.period->to)) : json::value(nullptr)},
          {"suppressBelow", what.suppress_below},
          {"unsuppressed", how.unsuppressed},
          {"rounding", what.rounding / 10.0},
          {"erasedMessages", counts.erased > 0},
          {"tables", std::move(tables)}};
}

}  // namespace samband::report
