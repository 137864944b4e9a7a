#include "config/load_law.hpp"

#include <set>

#include "routing/toml_reader.hpp"

namespace samband {
namespace {

using toml_file::File;
using toml_file::Table;

LawSection read_section(Table& in) {
  LawSection out;
  out.name = in.required_text("name", 60);
  out.sfs = in.required_text("sfs", 12);
  out.chapter = in.text("chapter", 10);
  out.section = in.text("section", 20);
  out.in_force_from = in.optional_date("in_force_from");
  out.in_force_to = in.optional_date("in_force_to");
  for (Table& amendment : in.tables("amended", 100)) {
    out.amended.push_back({amendment.text("by", 12), amendment.optional_date("in_force")});
    amendment.finish();
  }
  out.breaks = in.texts("breaks");
  out.breaks_not = in.texts("breaks_not");
  out.evidence = in.required_text("evidence", 10);
  in.text("note", 500);
  out.place = {in.file(), in.line()};
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
