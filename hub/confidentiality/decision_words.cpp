// The words of a decision's codes: why, by when, and what goes with it.
#include "confidentiality/rule_index.hpp"
#include "confidentiality/words.hpp"

namespace samband {
namespace {

const Dictionary& reason_names() {
  static const Dictionary kNames = {
      {"cleared", {"får lämnas", "may go"}},
      {"not_needed", {"behövs inte för ändamålet", "not needed for the purpose"}},
      {"unknown_field", {"okänd uppgift", "unknown field"}},
      {"secrecy", {"ingen bestämmelse bryter sekretessen", "no rule breaks the secrecy"}},
      {"no_rule",
       {"ingen regel gäller mellan dessa parter för detta ändamål",
        "no rule applies between these parties for this purpose"}},
      {"no_coverage", {"regelverket saknar bestämmelse för uppgiften", "the rule set has no provision for the field"}},
      {"fact_missing", {"ett svar saknas", "an answer is missing"}},
      {"legal_question_open",
       {"väntar på att kommunens jurist besvarar en öppen rättsfråga",
        "waits for counsel to answer an open question of law"}},
      {"fact_false", {"ett villkor är inte uppfyllt", "a condition is not met"}},
      {"consent_missing", {"samtycke saknas", "consent is missing"}},
      {"consent_revoked", {"samtycket är återkallat", "the consent is revoked"}},
      {"consent_expired", {"samtycket har gått ut", "the consent has expired"}},
      {"emergency_expired",
       {"nödläget saknar skäl eller har upphört att gälla", "the emergency has no reason or has run out"}},
      {"hold_expired", {"ingen svarade i tid", "nobody answered in time"}},
      {"agreement_ended", {"samverkansavtal gäller inte", "no agreement is in force"}},
      {"not_in_agreement",
       {"samverkansavtalet omfattar inte båda parterna", "the agreement does not join both parties"}},
      {"offer_declined", {"personen tackade nej till erbjudandet", "the person declined the offer"}},
      {"age_outside_rule", {"åldern ligger utanför regeln", "the age is outside the rule"}},
      {"protected_identity", {"skyddad identitet, manuell prövning", "protected identity, manual review"}},
      {"document_needs_release",
       {"handlingen ska prövas av en namngiven person", "a named person must release the document"}},
      {"obligation_unfulfillable",
       {"den regel som skulle öppna den kräver något som ingen kan uppfylla",
        "the rule that would open it asks for what nobody can do"}},
  };
  return kNames;
}

const Dictionary& deadline_names() {
  static const Dictionary kNames = {{"at_once", {"genast", "at once"}},
                                    {"same_day", {"samma dag", "the same day"}},
                                    {"next_working_day", {"senast nästa arbetsdag", "by the next working day"}},
                                    {"within_7_days", {"inom en vecka", "within one week"}}};
  return kNames;
}

const Dictionary& obligation_names() {
  static const Dictionary kNames = {
      {"receipt", {"kvittens", "a receipt"}},
      {"confirm_same_day", {"bekräftelse samma dag", "confirmation the same day"}},
      {"no_onward_use", {"ingen vidare användning", "no onward use"}},
      {"reservation", {"förbehåll (OSL 10:14)", "a reservation (OSL 10:14)"}},
      {"human_review", {"en människas prövning", "review by a person"}},
      {"restricted_recipient", {"bara till den särskilda mottagaren", "to the restricted recipient only"}},
      {"notify_person", {"personen underrättas", "the person is told"}},
      {"notify_guardian", {"vårdnadshavaren underrättas", "the guardian is told"}},
      {"assess_guardian_harm",
       {"men för barnet prövas innan vårdnadshavaren underrättas (OSL 12:3)",
        "harm to the child is tested before the guardian is told (OSL 12:3)"}},
      {"redirect_guardian_notice",
       {"underrättelsen går till en annan vuxen än vårdnadshavaren",
        "the notice goes to another adult than the guardian"}},
      {"notify_privacy_officer", {"integritetsombudet underrättas", "the privacy officer is told"}},
      {"mandatory_review", {"efterhandsgranskning", "review afterwards"}},
      {"generalise_birth_date", {"födelsedatum görs grövre", "the birth date is generalised"}},
      {"pseudonymise_identity", {"identitet pseudonymiseras", "identity is pseudonymised"}},
  };
  return kNames;
}

}  // namespace

std::string reason_in_words(std::string_view code, bool swedish) { return word(reason_names(), code, swedish); }
std::string deadline_in_words(std::string_view code, bool swedish) { return word(deadline_names(), code, swedish); }

std::string obligation_in_words(std::string_view code, bool swedish) {
  static const Dictionary kActions = {{"drop", {"tas bort", "is left out"}},
                                      {"pseudonymise", {"pseudonymiseras", "is pseudonymised"}},
                                      {"generalise", {"görs grövre", "is generalised"}}};
  if (obligation_names().contains(code)) return word(obligation_names(), code, swedish);
  const auto action = field_action(code);
  if (!action) return std::string(code);
  return category_in_words(action->category, swedish) + " " + word(kActions, action->action, swedish);
}

}  // namespace samband
