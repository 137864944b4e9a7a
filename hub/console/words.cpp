#include "console/words.hpp"

#include <map>

namespace samband {
namespace {

struct Pair {
  std::string_view swedish, english;
};

const std::map<std::string_view, Pair>& words() {
  static const std::map<std::string_view, Pair> all = {
      {"W_SKIP", {"Hoppa till innehållet", "Skip to the content"}},
      {"W_LANGUAGE", {"Språk", "Language"}},
      {"W_OTHER_LANGUAGE", {"English", "Svenska"}},
      {"W_SIGNED_IN", {"Inloggad som", "Signed in as"}},
      {"W_EMPTY", {"Inga utbyten ännu.", "No exchanges yet."}},
      {"W_CAPTION",
       {"De senaste utbytena, nyast först. Svensk tid.", "The latest exchanges, newest first. Swedish time."}},
      {"W_TIME", {"Tid", "Time"}},
      {"W_FROM", {"Från", "From"}},
      {"W_TO", {"Till", "To"}},
      {"W_KIND", {"Slag", "Kind"}},
      {"W_OUTCOME", {"Utfall", "Outcome"}},
      {"W_GROUND", {"Grund", "Ground"}},
      {"W_FIELDS", {"Fält per kategori", "Fields by category"}},
      {"W_RECEIPT", {"Kvitto", "Receipt"}},
      {"W_LEAF", {"Löv", "Leaf"}},
      {"W_VERIFY", {"Kontrollera", "Verify"}},
      {"W_BACK", {"Till översikten", "Back to the overview"}},
      {"W_EXPLANATION", {"Förklaring", "Explanation"}},
      {"overview", {"Utbyten", "Exchanges"}},
      {"verification", {"Kontroll av kvitto", "Verification of a receipt"}},
      {"scope_all",
       {"Alla parters utbyten visas, utan innehåll.", "The exchanges of all parties are shown, without content."}},
      {"scope_own",
       {"Utbyten där ni är avsändare eller mottagare visas, utan innehåll.",
        "Exchanges that you sent or received are shown, without content."}},
      {"released", {"Utlämnat", "Released"}},
      {"partial", {"Delvis utlämnat", "Partly released"}},
      {"held", {"Väntar på bedömning", "Held"}},
      {"refused", {"Vägrat", "Refused"}},
      {"fields_released", {"Utlämnade", "Released"}},
      {"fields_withheld", {"Undanhållna", "Withheld"}},
      {"fields_held", {"Väntar", "Held"}},
      // Codes of docs/vocabulary.md, in the words of the explanations. "unknown": a field without a category.
      {"category.envelope", {"kuvert", "envelope"}},
      {"category.identity", {"identitet", "identity"}},
      {"category.address", {"bostadsadress", "home address"}},
      {"category.home_area", {"hemkommun och stadsdel", "home municipality and district"}},
      {"category.contact", {"telefon och e-post", "telephone and e-mail"}},
      {"category.protection", {"markering om skyddad identitet", "protected-identity marking"}},
      {"category.family", {"familjeförhållanden", "family relations"}},
      {"category.case_reference", {"ärendenummer", "case number"}},
      {"category.official", {"handläggare", "caseworker"}},
      {"category.event", {"händelse", "event"}},
      {"category.event_place", {"plats för händelsen", "place of the event"}},
      {"category.suspicion", {"misstanke", "suspicion"}},
      {"category.mediation", {"medling", "mediation"}},
      {"category.custody", {"frihetsberövande", "deprivation of liberty"}},
      {"category.misuse", {"missbruk", "misuse"}},
      {"category.health", {"hälsa", "health"}},
      {"category.social_situation", {"social situation", "social situation"}},
      {"category.school", {"skolsituation", "school situation"}},
      {"category.risk_assessment", {"riskbedömning", "risk assessment"}},
      {"category.housing", {"bostad", "housing"}},
      {"category.debt", {"skuld", "debt"}},
      {"category.payment", {"betalningssätt", "payment account"}},
      {"category.landlord", {"hyresvärd", "landlord"}},
      {"category.enforcement", {"verkställighetsärende", "enforcement case"}},
      {"category.schedule", {"tidpunkt", "time set"}},
      {"category.children", {"barn i hemmet", "children in the home"}},
      {"category.status", {"status", "status"}},
      {"category.test_result", {"provsvar", "test result"}},
      {"category.benefit", {"förmåner och inkomster", "benefits and income"}},
      {"category.report", {"uppgift om orosanmälan", "report of concern"}},
      {"category.shared_record", {"uppgift ur sammanhållen dokumentation", "shared care record"}},
      {"category.document", {"fritext eller bilaga", "free text or attachment"}},
      {"category.unknown", {"okänd uppgift", "unknown field"}},
      {"reason.cleared", {"får lämnas", "may go"}},
      {"reason.not_needed", {"behövs inte för ändamålet", "not needed for the purpose"}},
      {"reason.unknown_field", {"okänd uppgift", "unknown field"}},
      {"reason.secrecy", {"ingen bestämmelse bryter sekretessen", "no rule breaks the secrecy"}},
      {"reason.no_rule",
       {"ingen regel gäller mellan dessa parter för detta ändamål",
        "no rule applies between these parties for this purpose"}},
      {"reason.no_coverage",
       {"regelverket saknar bestämmelse för uppgiften", "the rule set has no provision for the field"}},
      {"reason.fact_missing", {"ett svar saknas", "an answer is missing"}},
      {"reason.legal_question_open",
       {"väntar på att kommunens jurist besvarar en öppen rättsfråga",
        "waits for counsel to answer an open question of law"}},
      {"reason.fact_false", {"ett villkor är inte uppfyllt", "a condition is not met"}},
      {"reason.consent_missing", {"samtycke saknas", "consent is missing"}},
      {"reason.consent_revoked", {"samtycket är återkallat", "the consent is revoked"}},
      {"reason.emergency_expired",
       {"nödläget saknar skäl eller har upphört att gälla", "the emergency has no reason or has run out"}},
      {"reason.erased", {"uppgifterna är raderade", "the data has been erased"}},
      {"reason.hold_expired", {"ingen svarade i tid", "nobody answered in time"}},
      {"reason.consent_expired", {"samtycket har gått ut", "the consent has expired"}},
      {"reason.agreement_ended", {"samverkansavtal gäller inte", "no agreement is in force"}},
      {"reason.offer_declined", {"personen tackade nej till erbjudandet", "the person declined the offer"}},
      {"reason.age_outside_rule", {"åldern ligger utanför regeln", "the age is outside the rule"}},
      {"reason.outside_hours", {"mottagaren har stängt", "the recipient is closed"}},
      {"reason.protected_identity", {"skyddad identitet, manuell prövning", "protected identity, manual review"}},
      {"reason.document_needs_release",
       {"handlingen ska prövas av en namngiven person", "a named person must release the document"}},
      {"reason.obligation_unfulfillable",
       {"ett krav på utlämnandet kan inte uppfyllas", "an obligation cannot be met"}},
      {"reason.duplicate", {"redan mottaget", "already received"}},
      {"reason.personnummer_stripped", {"personnummer togs bort", "personal number removed"}},
      {"reason.unknown_route", {"ingen mottagare", "no recipient"}},
      {"reason.not_in_schema", {"finns inte i formatet", "not in the format"}},
      {"reason.assessed_yes", {"bedömt: ja", "assessed: yes"}},
      {"reason.assessed_no", {"bedömt: nej", "assessed: no"}},
      {"reason.person_declined", {"personen tackade nej", "the person declined"}},
      {"reason.recipient_declined", {"mottagaren tackade nej", "the recipient declined"}},
      {"reason.no_capacity", {"mottagaren har inte plats", "no capacity"}},
      {"reason.misdirected", {"fel mottagare", "misdirected"}},
      {"reason.need_established", {"behovet är fastställt", "the need is established"}},
      {"reason.need_not_established", {"behovet är inte fastställt", "the need is not established"}},
      {"reason.withdrawn", {"återtaget", "withdrawn"}},
      {"reason.known_before", {"känd sedan tidigare", "known before"}},
      {"reason.unknown_before", {"inte känd sedan tidigare", "not known before"}},
      {"reason.drug_programme", {"program vid ringa narkotikabrott", "programme for minor drug offences"}},
      {"reason.family_treatment", {"familjebehandling", "family treatment"}},
      {"reason.family_service", {"familjeservice", "family service"}},
      {"reason.other_measure", {"annan insats", "another measure"}},
      {"good",
       {"Kvittot stämmer: beslutet står i den signerade loggen.",
        "The receipt is sound: the decision stands in the signed log."}},
      {"bad",
       {"Kvittot stämmer INTE. Larma den som ansvarar för driften.",
        "The receipt is NOT sound. Alert whoever runs the hub."}},
      {"yes", {"Ja", "Yes"}},
      {"no", {"Nej", "No"}},
      {"step_signature", {"loggens kontrollpunkt är rätt signerad", "the checkpoint of the log is correctly signed"}},
      {"step_inclusion",
       {"lövet finns i trädet som kontrollpunkten omfattar", "the leaf is in the tree that the checkpoint covers"}},
      {"step_leaf",
       {"lövet gäller detta utbyte, dess parter och dess utfall",
        "the leaf is about this exchange, its parties and its outcome"}},
      {"fact_exchange", {"Utbyte", "Exchange"}},
      {"fact_leaf", {"Löv nummer", "Leaf number"}},
      {"fact_size", {"Loggens storlek", "Size of the log"}},
      {"fact_root", {"Trädets rot", "Root of the tree"}},
      {"notice_401", {"Klientcertifikat saknas", "No client certificate"}},
      {"notice_401_text",
       {"Välj ett certifikat som hör till en ansluten part och ladda om sidan.",
        "Choose a certificate of a connected party and load the page again."}},
      {"notice_403", {"Okänt certifikat", "Unknown certificate"}},
      {"notice_403_text",
       {"Certifikatet hör inte till någon ansluten part.", "The certificate belongs to no connected party."}},
      {"notice_404", {"Finns inte", "Not found"}},
      {"notice_404_text",
       {"Sidan eller utbytet finns inte, eller är inte ert.",
        "There is no such page or exchange, or it is not yours."}},
      {"notice_405", {"Endast läsning", "Read only"}},
      {"notice_405_text",
       {"Konsolen visar bara; den ändrar ingenting.", "The console only shows; it changes nothing."}},
      {"notice_503", {"Kan inte läsa just nu", "Cannot read at the moment"}},
      {"notice_503_text", {"Försök igen om en stund.", "Try again in a while."}},
  };
  return all;
}

}  // namespace

std::string_view word(Language language, std::string_view key) {
  const auto found = words().find(key);
  if (found == words().end()) return key;
  return language == Language::english ? found->second.english : found->second.swedish;
}

std::string_view word_for(Language language, std::string_view list, std::string_view code) {
  const std::string key = std::string(list) + "." + std::string(code);
  const auto found = words().find(key);
  if (found == words().end()) return code;
  return language == Language::english ? found->second.english : found->second.swedish;
}

void for_each_word(Language language, const std::function<void(std::string_view, std::string_view)>& use) {
  for (const auto& [key, pair] : words()) use(key, language == Language::english ? pair.english : pair.swedish);
}

}  // namespace samband
