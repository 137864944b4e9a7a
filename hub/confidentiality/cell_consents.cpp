#include "confidentiality/cell_model.hpp"
#include "confidentiality/facts.hpp"

namespace samband {

// Asks the engine itself whose consent suffices, at each age.
CellModel::Truth3 CellModel::consent_table() const {
  static constexpr std::string_view kGivers[] = {
      "", "self", "self", "guardian", "guardian_and_child", "both_guardians", "both_guardians_and_child"};
  Party holder, recipient;
  holder.id = "a";
  recipient.id = "b";
  Person person;
  person.ref = person.subject_ref = "p";
  DecisionRequest request;
  request.at = stockholm_midnight(space_.periods.front()) + std::chrono::hours{12};
  request.holder = &holder;
  request.recipient = &recipient;
  request.purpose = "x";
  request.persons = {&person, 1};
  const std::string_view open[] = {"guardian_harm", "sole_custody"};
  Truth3 table;
  for (int form = kSelf; form < kConsentValues; ++form) {
    Consent consent;
    consent.subject_ref = "p";
    consent.holder = "a";
    consent.giver = kGivers[form];
    if (form == kSelfAssessed || form == kGuardianAndChild || form == kBothGuardiansAndChild)
      consent.maturity_assessor = "m";
    consent.recipients = {"b"};
    consent.purposes = {"x"};
    consent.categories = {"identity"};
    consent.valid_from = request.at - std::chrono::hours{1};
    consent.valid_to = request.at + std::chrono::hours{1};
    request.consents = {&consent, 1};
    for (std::size_t band = 0; band <= space_.ages.size(); ++band) {
      for (int answers = 0; answers < 9; ++answers) {
        const Truth values[] = {Truth{answers % 3}, Truth{answers / 3}};
        std::vector<Fact> facts;
        Cube cube = space_.with(kConsent, 1u << form);
        cube.allowed[kAge] = std::uint64_t{1} << band;
        for (int i = 0; i < 2; ++i) {
          cube.allowed[kFirstFact + static_cast<std::size_t>(fact_place(open[i]))] = values[i] == Truth::yes ? kYes
                                                                                     : values[i] == Truth::no
                                                                                         ? kNo
                                                                                         : kUnknown;
          facts.push_back({.code = std::string(open[i]),
                           .value = values[i],
                           .person_ref = "p",
                           .assessor_id = "m",
                           .reason_code = {},
                           .at = request.at});
        }
        const FactTable recorded(facts, request.persons, request.at);
        const int age = band < space_.ages.size() ? space_.ages[band].low : -1;
        const Truth truth =
            consent_of(request, set_.settings, recorded, space_.periods.front(), 0, age, "identity").truth;
        if (truth == Truth::yes) table.yes.push_back(cube);
        if (truth != Truth::no) table.possible.push_back(cube);
      }
    }
  }
  return {merged(std::move(table.yes)), merged(std::move(table.possible))};
}

}  // namespace samband
