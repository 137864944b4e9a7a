// parties.toml and agreements.toml. Loader-internal: includes toml++.
#pragma once
#include <vector>

#include "config/config.hpp"
#include "routing/toml_reader.hpp"

namespace samband {

struct PartiesFile {
  std::vector<Party> parties;
  std::vector<toml_file::Table> tables;  // of the same index, to name places later
  std::vector<Official> officials;
  std::vector<NamedFile> certificates;  // of the same index; the path is relative to certs_dir
};
PartiesFile read_parties(toml_file::File&);
// Also writes each party's own list of agreements.
std::vector<Agreement> read_agreements(toml_file::File&, std::vector<Party>&);
// Digits, spaces, '+' and '-'.
void check_phone(toml_file::Table&, std::string_view key, std::string_view number);
// How parties are reached and what they may use exists in hub.toml.
void check_ways(toml_file::File&, PartiesFile&, const Config&);

}  // namespace samband
