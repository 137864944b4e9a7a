// HSA id: the identifier of people, units and functions in Sweden's health care directory. Pure, thread-safe.
// Format as Inera publishes it (quoted in the openEHR Sverige guide "HSA-identitet och Organisationsnummer"): "SE", the
// ten digits of the directory owner's organisation number (the national contract's samples have "16" before them), a
// hyphen, and at least one letter A-Z or a-z or digit; at most 31 characters, no å, ä, ö. The ten digits are an
// organisation number and have its check digit; what follows the hyphen has none.
#pragma once
#include <string_view>

namespace samband::health {

bool is_hsa_id(std::string_view text);

}  // namespace samband::health
