#include "config/load_law.hpp"

#include <set>

#include "routing/toml_reader.hpp"

namespace samband {
namespace {

using toml_file::File;
using toml_file::Table;

// "file:line:column" -> file and line.
Place place_of(const std::string& where) {
  const auto column = where.rfind(':'), line = where.rfind(':', column - 1);
  return {.file = where.substr(0, line), .line = std::stoi(where.substr(line + 1, column - line - 1))};
}

Date optional_date(Table& in, std::string_view key) { return in.has(key) ? in.date(key) : Date{}; }

LawSection read_section(Table& in) {
  LawSection out;
  out.name = in.required_text("name", 60);
  out.sfs = in.required_text("sfs", 12);
  out.chapter = in.text("chapter", 10);
  out.section = in.text("section", 20);
  out.in_force_from = optional_date(in, "in_force_from");
  out.in_force_to = optional_date(in, "in_force_to");
  for (Table& amendment : in.tables("amended", 100)) {
    out.amended.push_back({amendment.text("by", 12), optional_date(amendment, "in_force")});
    amendment.finish();
  }
  out.breaks = in.texts("breaks");
  out.breaks_not = in.texts("breaks_not");
  out.evidence = in.required_text("evidence", 10);
  in.text("note", 500);
  out.place = place_of(in.place());
  in.finish();
  return out;
}

}  // namespace

Result<LawTable> load_law(const std::filesystem::path& path) {
  File file(path);
  LawTable law;
  if (!file.failed()) {
    Table root(file);
    toml_file::check_version(root);
    std::set<std::string> names;
    for (Table& table : root.tables("section", 2000)) {
      LawSection section = read_section(table);
      if (!names.insert(section.name).second) table.refuse("name", "the name is used twice");
      law.sections.push_back(std::move(section));
    }
    root.finish();
  }
  if (file.failed()) return file.error();
  return law;
}

}  // namespace samband
