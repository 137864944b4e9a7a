#include "landlord/rows.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "landlord/csv.hpp"
#include "landlord/form.hpp"
#include "landlord/identity_numbers.hpp"

namespace samband::plugin {
namespace {

constexpr std::size_t kOutputBytesMax = 64u << 20;

// A column by its name in the table of README.md, where its cell stands in the form, and what exports also call it.
// Names are compared in lower case, without spaces and signs.
struct Column {
  std::string_view name, pointer, aliases;
};
constexpr std::array kColumns{
    Column{"Blankett", "/form", "formulär meddelandetyp"},
    Column{"Meddelandeid", "/messageId", "messageid meddelandenr"},
    Column{"Datum", "/createdAt", "skapad skapaddatum meddelandedatum"},
    Column{"Rättar", "/correctionOf", "rättelseav rättelse korrigerar"},
    Column{"Hyresvärd", "/landlord/name", "hyresvärdnamn fastighetsägare"},
    Column{"Hyresvärd adress", "/landlord/address", "hyresvärdensadress"},
    Column{"Hyresvärd telefon", "/landlord/phone", "hyresvärdenstelefon"},
    Column{"Hyresgäst", "/tenant/name", "namn hyresgästnamn kontraktsinnehavare"},
    Column{"Förnamn", "/tenant/givenName", ""},
    Column{"Efternamn", "/tenant/familyName", ""},
    Column{"Medhyresgäst", "/coTenants", "medkontraktsinnehavare"},
    Column{"Gatuadress", "/tenant/address/street", "adress postadress gata"},
    Column{"Lägenhetsnummer", "/tenant/address/apartment", "lägenhetsnr lghnr lgh lghnummer lägenhet"},
    Column{"Postnummer", "/tenant/address/postalCode", "postnr"},
    Column{"Postort", "/tenant/address/city", "ort"},
    Column{"Telefon", "/tenant/phone", "mobil mobiltelefon tel"},
    Column{"E-post", "/tenant/email", "epostadress email"},
    Column{"Kommun", "/premises/municipality", "kommunkod"},
    Column{"Stadsdel", "/premises/district", "distrikt"},
    Column{"Antal rum", "/rooms", "rum"},
    Column{"Belopp", "/amount", "skuld restbelopp attbetala"},
    Column{"Förfallodatum", "/dueDate", "förfallodag förfaller"},
    Column{"Ränta", "/interest", "dröjsmålsränta"},
    Column{"Betalkonto", "/paymentAccount", "bankgiro plusgiro konto"},
    Column{"Delgiven", "/servedAt", "delgivningsdatum delgivningsdag delgivendatum"},
    Column{"Avtalsnummer", "/leaseNumber", "avtalsnr kontraktsnummer kontraktsnr hyresavtal kontrakt"},
    Column{"Bostad", "/dwelling", "bostadslägenhet"},
    Column{"Beskrivning", "/description", "störning"},
    Column{"Sedan", "/since", "frånochmed"},
    Column{"Orsak", "/concern", ""},
    Column{"Hyresgäst informerad", "/tenantInformed", "informerad"},
    Column{"Personnummer", "/personnummer", "personnr pnr ssn samordningsnummer personorgnr persnr"}};

std::string plain(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const std::string_view two = name.substr(i, 2);
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if (two == "Å" || two == "Ä" || two == "Ö")
      out += two == "Å" ? "å" : two == "Ä" ? "ä" : "ö", ++i;
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80)
      out += c;
  }
  return out;
}

const Column* column_named(std::string_view header) {
  const std::string name = plain(header);
  if (name.empty()) return nullptr;
  for (const auto& column : kColumns) {
    if (plain(column.name) == name) return &column;
    for (std::string_view rest = column.aliases; !rest.empty();) {
      const auto end = rest.find(' ');
      if (rest.substr(0, end) == name) return &column;
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  return nullptr;
}

// The column of a place in the form; of a member that several columns make up ("/landlord"), the first.
const Column* column_at(std::string_view pointer) {
  const auto within = [](std::string_view inner, std::string_view outer) {
    return inner == outer || (inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/');
  };
  for (const auto& column : kColumns)
    if (!pointer.empty() && (within(pointer, column.pointer) || within(column.pointer, pointer))) return &column;
  return nullptr;
}

bool all_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool one_of(std::string_view cell, std::initializer_list<std::string_view> words) {
  const std::string word = plain(cell);
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<bool> yes_or_no(std::string_view cell) {
  if (one_of(cell, {"ja", "j", "sant", "true", "1", "x", "bostad"})) return true;
  if (one_of(cell, {"nej", "n", "falskt", "false", "0", "lokal"})) return false;
  return std::nullopt;
}

std::string form_of(std::string_view cell) {
  if (cell.empty() || one_of(cell, {"formulär3", "hyresskuld", "sfs19783143"})) return std::string(kArrearsForm);
  if (one_of(cell, {"störning", "jb1225a"})) return std::string(kDisturbanceForm);
  if (one_of(cell, {"kontakt", "contact"})) return std::string(kContactForm);
  return {};
}

std::string concern_of(std::string_view cell) {
  if (one_of(cell, {"hyra", "senhyra", "laterent"})) return "late_rent";
  if (one_of(cell, {"skötsel", "upkeep"})) return "upkeep";
  if (one_of(cell, {"störning", "disturbance"})) return "disturbance";
  if (one_of(cell, {"ingenkontakt", "nocontact"})) return "no_contact";
  if (one_of(cell, {"annat", "other"})) return "other";
  return {};
}

// "8 450,5": spreadsheets drop the last zero. After a comma one digit is öre in tens, never thousands.
std::string amount_of(std::string cell) {
  const auto comma = cell.find(',');
  if (comma != std::string::npos && comma + 2 == cell.size() && cell.back() >= '0' && cell.back() <= '9') cell += '0';
  return cell;
}

struct Problem {
  std::string where;
  std::string_view what;
};

// The row as the form that the same notice would be in JSON.
class RowForm {
 public:
  RowForm(const std::vector<const Column*>& columns, const CsvRow& row, const RowDefaults& defaults)
      : columns_(columns), row_(row) {
    if (!defaults.landlord.empty()) form_["landlord"] = defaults.landlord;
  }

  std::optional<Problem> fill() {
    const auto form = form_of(cell("/form"));
    if (form.empty())
      return Problem{"Blankett", "not Hyresskuld, Störning or Kontakt (JB 12:42 needs its copy: send JSON)"};
    const bool arrears = form == kArrearsForm;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i] && !row_.cells[i].empty())
        if (auto problem = put(*columns_[i], row_.cells[i])) return problem;
    form_["form"] = form;
    const auto given = cell("/tenant/givenName"), family = cell("/tenant/familyName");
    if (!given.empty() || !family.empty()) object("tenant")["name"] = std::string(family) + ", " + std::string(given);
    const std::string date(day_);
    if (date.empty() && !form_.contains("createdAt")) return Problem{"Datum", "required"};
    return name_it(arrears, date);
  }

  json::object take() { return std::move(form_); }
  std::vector<Warning> take_warnings() { return std::move(warnings_); }

 private:
  std::string_view cell(std::string_view pointer) const {
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i] && columns_[i]->pointer == pointer) return row_.cells[i];
    return {};
  }
  json::object& object(std::string_view key) {
    auto& value = form_[json::string_view(key.data(), key.size())];
    if (!value.is_object()) value = json::object{};
    return value.get_object();
  }

  // A cell that may be left out, and has a form that a number of a person does not fit.
  static bool may_go(std::string_view pointer) {
    return pointer == "/servedAt" || pointer == "/since" || pointer == "/premises/municipality" ||
           pointer == "/dwelling" || pointer == "/tenantInformed";
  }

  // No row is refused for a number in such a cell: what is left of the cell counts, if that fits.
  std::optional<Problem> put(const Column& column, const std::string& text) {
    if (!may_go(column.pointer)) return put_text(column, text);
    std::string left = text;
    const bool number = person_numbers::strip(left) > 0;
    if (!number) return put_text(column, text);
    warnings_.push_back({"personnummer_stripped", std::string(column.pointer)});
    left = without_number(left);
    const bool code = left.size() == 3 || left.size() == 4;
    if (!left.empty() && (column.pointer != "/premises/municipality" || (code && all_digits(left))))
      (void)put_text(column, left);  // what does not fit is no reason either
    return {};
  }

  std::optional<Problem> put_text(const Column& column, const std::string& text) {
    const auto at = column.pointer;
    const auto date = [&](std::string_view key) -> std::optional<Problem> {
      const auto day = date_from(text);
      if (day.empty()) return Problem{std::string(column.name), "not a date such as 2026-10-31, or one of two"};
      form_[json::string_view(key.data(), key.size())] = day;
      return std::nullopt;
    };
    if (at == "/form" || at == "/correctionOf" || at == "/tenant/givenName" || at == "/tenant/familyName") return {};
    if (at == "/dueDate" || at == "/servedAt" || at == "/since") return date(at.substr(1));
    if (at == "/createdAt") {
      if (const auto time = utc_milliseconds(text); !time.empty()) {
        form_["createdAt"] = time;
        day_ = time.substr(0, 10);
        return {};
      }
      day_ = date_from(text);
      if (day_.empty()) return Problem{std::string(column.name), "not a date such as 2026-10-31, or one of two"};
      form_["createdAt"] = start_of_day(day_);
      return {};
    }
    if (at == "/dwelling" || at == "/tenantInformed") {
      const auto answer = yes_or_no(text);
      if (!answer) return Problem{std::string(column.name), "neither ja nor nej"};
      form_[json::string_view(at.data() + 1, at.size() - 1)] = *answer;
      return {};
    }
    if (at == "/concern") {
      const auto code = concern_of(text);
      if (code.empty()) return Problem{std::string(column.name), "not Hyra, Skötsel, Störning, Ingen kontakt or Annat"};
      form_["concern"] = code;
      return {};
    }
    if (at == "/leaseNumber" && form_of(cell("/form")) != kArrearsForm) return {};  // in the id alone
    if (at == "/amount") {
      form_["amount"] = amount_of(text);
    } else if (at == "/coTenants") {
      form_["coTenants"] = json::array{json::object{{"name", text}}};
    } else if (at == "/premises/municipality") {
      // A spreadsheet takes the first zero of "0180".
      object("premises")["municipality"] = text.size() == 3 ? "0" + text : text;
    } else if (at.rfind("/tenant/address/", 0) == 0) {
      auto& address = object("tenant")["address"];
      if (!address.is_object()) address = json::object{};
      address.get_object()[json::string_view(at.data() + 16, at.size() - 16)] = text;
    } else if (const auto slash = at.find('/', 1); slash != std::string_view::npos) {
      object(at.substr(1, slash - 1))[json::string_view(at.data() + slash + 1, at.size() - slash - 1)] = text;
    } else {
      form_[json::string_view(at.data() + 1, at.size() - 1)] = text;
    }
    return {};
  }

  // The id is the row's own, or what the row is about: the same file sent again must not make two notices of one. A
  // correction has an id of its own: the day is in it.
  std::optional<Problem> name_it(bool arrears, const std::string& day) {
    const std::string lease(cell("/leaseNumber"));
    const auto* due = form_.if_contains("dueDate");
    const std::string about = arrears && due ? std::string(due->get_string()) : day;
    const auto sort = arrears ? "hyra" : string_at(form_, "form") == kContactForm ? "kontakt" : "storning";
    const std::string usual = lease.empty() ? "" : lease + ":" + sort + ":" + about;
    const std::string corrects(cell("/correctionOf"));
    if (const auto says = yes_or_no(corrects); !corrects.empty() && says != false) {
      if (says == true && (usual.empty() || form_.contains("messageId")))
        return Problem{"Rättar", "write the id of what it corrects"};
      form_["correctionOf"] = says == true ? usual : corrects;
    }
    if (form_.contains("messageId")) return {};
    if (usual.empty()) return Problem{"Meddelandeid", "required where there is no Avtalsnummer"};
    form_["messageId"] = form_.contains("correctionOf") ? usual + ":r:" + day : usual;
    return {};
  }

  const std::vector<const Column*>& columns_;
  const CsvRow& row_;
  json::object form_;
  std::vector<Warning> warnings_;
  std::string day_;
};

std::string problem_text(std::size_t line, std::string_view where, std::string_view what) {
  return json::serialize(json::object{{"sambandrow", line}, {"sambandproblem", {{"where", where}, {"detail", what}}}});
}

std::string row_text(const std::vector<const Column*>& columns, bool others, const CsvRow& row, std::string_view source,
                     const RowDefaults& defaults) {
  if (!row.problem.empty()) {
    const Column* column = row.column > 0 && row.column <= columns.size() ? columns[row.column - 1] : nullptr;
    const std::string where = column           ? std::string(column->name)
                              : row.column > 0 ? "column " + std::to_string(row.column)
                                               : std::string();
    return problem_text(row.line, where, row.problem);
  }
  RowForm filled(columns, row, defaults);
  if (auto problem = filled.fill()) return problem_text(row.line, problem->where, problem->what);
  json::value form = filled.take();
  std::vector<Warning> warnings = filled.take_warnings();
  strip_identity_numbers(form, warnings);
  auto read = read_form(form.get_object(), warnings);
  if (auto* e = std::get_if<sdk::Error>(&read)) {
    const auto* column = column_at(e->where);
    return problem_text(row.line, column ? column->name : std::string_view(), e->message);
  }
  if (others) warnings.push_back({"unknown_field", ""});
  auto& f = std::get<LandlordForm>(read);
  auto text = canonical_message(f.kind, f.id, source, f.time, std::move(f.data), warnings);
  return text.insert(1, "\"sambandrow\":" + std::to_string(row.line) + ",");
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}
std::string two(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }
std::string text_of(std::chrono::year_month_day day) {
  return std::to_string(static_cast<int>(day.year())) + "-" + two(static_cast<unsigned>(day.month())) + "-" +
         two(static_cast<unsigned>(day.day()));
}
std::string checked(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() && year >= 1900 && year < 2200 ? text_of(date) : std::string();
}

}  // namespace

std::string date_from(std::string_view cell) {
  for (const auto* midnight : {" 00:00:00", " 00:00", "T00:00:00"})
    if (cell.size() > 8 && cell.ends_with(midnight)) cell.remove_suffix(std::string_view(midnight).size());
  if (cell.size() == 10 && cell[4] == '-' && cell[7] == '-' && all_digits(cell.substr(0, 4)) &&
      all_digits(cell.substr(5, 2)) && all_digits(cell.substr(8)))
    return checked(number(cell.substr(0, 4)), number(cell.substr(5, 2)), number(cell.substr(8)));
  if (cell.size() == 10 && (cell[2] == '/' || cell[2] == '.') && cell[5] == cell[2] && all_digits(cell.substr(0, 2)) &&
      all_digits(cell.substr(3, 2)) && all_digits(cell.substr(6))) {
    const int year = number(cell.substr(6)), a = number(cell.substr(0, 2)), b = number(cell.substr(3, 2));
    const auto day_first = checked(year, b, a), month_first = checked(year, a, b);
    if (!day_first.empty() && !month_first.empty() && day_first != month_first) return {};
    return day_first.empty() ? month_first : day_first;
  }
  if (!all_digits(cell)) return {};
  if (cell.size() == 8) return checked(number(cell.substr(0, 4)), number(cell.substr(4, 2)), number(cell.substr(6)));
  // 2000-01-01 to 2099-12-31 as a spreadsheet counts days.
  if (const int days = cell.size() == 5 ? number(cell) : 0; days >= 36526 && days <= 73050)
    return text_of(std::chrono::sys_days(std::chrono::year(1899) / 12 / 30) + std::chrono::days(days));
  return {};
}

std::string start_of_day(std::string_view date) {
  using namespace std::chrono;
  if (date.size() != 10) return {};
  const sys_days day = year(number(date.substr(0, 4))) / number(date.substr(5, 2)) / number(date.substr(8));
  // Summer time from the last Sunday of March to the last of October: both days begin before the clock is moved.
  const auto y = year_month_day(day).year();
  const bool summer = day > sys_days(y / March / Sunday[last]) && day <= sys_days(y / October / Sunday[last]);
  return text_of(day - days(1)) + (summer ? "T22:00:00Z" : "T23:00:00Z");
}

sdk::Result<std::vector<std::string>> read_rows(std::string_view body, std::string_view media_type,
                                                std::string_view source, const RowDefaults& defaults) {
  auto opened = CsvReader::open(body, media_type);
  if (auto* e = std::get_if<sdk::Error>(&opened)) return *e;
  auto& reader = std::get<CsvReader>(opened);
  std::vector<const Column*> columns;
  bool others = false;
  for (std::size_t i = 0; i < reader.header().size(); ++i) {
    const Column* column = column_named(reader.header()[i]);
    // Of numbers of persons there may be several (tenant, co-tenant): they are removed, and no reason to refuse.
    if (column && column->pointer != "/personnummer" &&
        std::find(columns.begin(), columns.end(), column) != columns.end())
      return sdk::invalid("1", "two columns are " + std::string(column->name));
    others = others || (!column && !reader.header()[i].empty());
    columns.push_back(column);
  }
  const auto has = [&](std::string_view pointer) {
    return std::any_of(columns.begin(), columns.end(), [&](const Column* c) { return c && c->pointer == pointer; });
  };
  if (!has("/createdAt")) return sdk::invalid("1", "the header row lacks Datum");
  if (!has("/tenant/name") && !has("/tenant/familyName")) return sdk::invalid("1", "the header row lacks Hyresgäst");
  std::vector<std::string> out;
  std::size_t bytes = 0;
  for (CsvRow row; reader.next(row);) {
    out.push_back(row_text(columns, others, row, source, defaults));
    bytes += out.back().size();
    if (bytes > kOutputBytesMax) return sdk::invalid("", "the rows are too large together: split the file");
  }
  if (out.empty()) return sdk::invalid("", "the file has no rows below its header");
  return out;
}

}  // namespace samband::plugin
