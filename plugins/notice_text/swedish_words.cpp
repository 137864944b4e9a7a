// The words. A member or code that is not here shows as itself, so a new field is never lost from the document.
#include <algorithm>
#include <array>
#include <utility>

#include "notice_text/notice_text.hpp"

namespace samband::plugin {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

constexpr std::array kTitles{
    Word{"care.referral", "Remiss"},
    Word{"care.status", "Status för remiss"},
    Word{"concern.report", "Orosanmälan"},
    Word{"eviction.time", "Underrättelse om tid för avhysning"},
    Word{"exchange.recall", "Återkallelse"},
    Word{"exchange.receipt", "Mottagningsbevis"},
    Word{"housing.emergency", "Begäran om akutplats"},
    Word{"known.query", "Fråga om känd person"},
    Word{"police.lob", "Underrättelse om omhändertagande enligt LOB"},
    Word{"police.offer", "Erbjudande om stöd vid ingripande"},
    Word{"police.suspicion", "Underrättelse om misstänkt brott"},
    Word{"rent.arrears", "Meddelande till socialnämnden om hyresskuld"},
    Word{"sig.information", "Information i social insatsgrupp"},
    Word{"sig.nomination", "Initial riskbedömning (IRK)"},
    Word{"tenancy.disturbance", "Underrättelse om störningar i boendet"},
    Word{"test.order", "Beställning av drogtest"},
    Word{"test.result", "Svar på drogtest"},
};

constexpr std::array kLabels{
    Word{"accepted", "accepterat"},
    Word{"address", "Adress"},
    Word{"amount", "Belopp"},
    Word{"answer", "svar"},
    Word{"apartment", "lägenhet"},
    Word{"applicant", "Sökande"},
    Word{"asked", "tillfrågad"},
    Word{"at", "tid"},
    Word{"attendance", "närvaro"},
    Word{"birthDate", "Födelsedatum"},
    Word{"children", "Barn i hemmet"},
    Word{"city", "ort"},
    Word{"clinicalInformation", "Klinisk information"},
    Word{"code", "kod"},
    Word{"concern", "Oro"},
    Word{"condition", "Tillstånd"},
    Word{"contact", "Kontakt"},
    Word{"count", "antal"},
    Word{"currency", "Valuta"},
    Word{"custody", "Frihetsberövande"},
    Word{"debtAmount", "Skuld"},
    Word{"description", "Beskrivning"},
    Word{"district", "Stadsdel"},
    Word{"doNotInformGuardians", "Vårdnadshavare ska inte informeras"},
    Word{"dueDate", "Förfallodag"},
    Word{"dwelling", "Bostadslägenhet"},
    Word{"email", "E-post"},
    Word{"end", "slut"},
    Word{"exchangeId", "Avser utbyte"},
    Word{"expectedBy", "Väntas senast"},
    Word{"familyName", "Efternamn"},
    Word{"form", "Formulär"},
    Word{"givenName", "Förnamn"},
    Word{"grounds", "grunder"},
    Word{"handedOverTo", "överlämnad till"},
    Word{"handler", "Handläggare"},
    Word{"health", "Hälsa"},
    Word{"immediateDanger", "Omedelbar fara"},
    Word{"incidents", "händelser"},
    Word{"informed", "Informerad"},
    Word{"interest", "Ränta"},
    Word{"interpreter", "Tolk"},
    Word{"intervention", "Ingripande"},
    Word{"irk", "IRK"},
    Word{"items", "punkter"},
    Word{"kfmCaseNo", "Kronofogdens målnummer"},
    Word{"kind", "slag"},
    Word{"landlord", "Hyresvärd"},
    Word{"leaseNumber", "Hyresavtal"},
    Word{"leisure", "Fritid"},
    Word{"mediation", "Medling"},
    Word{"misuse", "Missbruk"},
    Word{"municipality", "Kommun"},
    Word{"name", "namn"},
    Word{"noClassifiedDrug", "Inget narkotikaklassat ämne"},
    Word{"note", "anteckning"},
    Word{"observation", "Iakttagelse"},
    Word{"occurredAt", "Tidpunkt"},
    Word{"offence", "Brott"},
    Word{"offer", "Erbjudande"},
    Word{"organisationNumber", "organisationsnummer"},
    Word{"paymentAccount", "Konto för betalning"},
    Word{"period", "Period"},
    Word{"personalNumber", "Personnummer"},
    Word{"phone", "Telefon"},
    Word{"place", "Plats"},
    Word{"planStep", "Steg i planen"},
    Word{"police", "Polis"},
    Word{"policeCaseNo", "Polisens diarienummer"},
    Word{"policeReports", "Polisanmälningar"},
    Word{"postalCode", "postnummer"},
    Word{"premises", "Lägenheten"},
    Word{"priority", "Prioritet"},
    Word{"prisonInScale", "fängelse i straffskalan"},
    Word{"protection", "Skyddad identitet"},
    Word{"question", "Frågeställning"},
    Word{"reason", "skäl"},
    Word{"reasonCode", "Orsak"},
    Word{"receiptLeaf", "Bevis, löpnummer"},
    Word{"receivedAt", "Mottaget"},
    Word{"recordNumber", "Diarienummer"},
    Word{"residency", "boende"},
    Word{"risk", "Risk"},
    Word{"role", "Roll"},
    Word{"rooms", "Antal rum"},
    Word{"scheduledAt", "Tid för avhysning"},
    Word{"school", "Skola"},
    Word{"score", "poäng"},
    Word{"servedAt", "Delgivet"},
    Word{"service", "Insats"},
    Word{"severity", "Allvar"},
    Word{"sex", "Kön"},
    Word{"sigCaseNo", "SIG-ärende"},
    Word{"since", "Sedan"},
    Word{"socialSituation", "Social situation"},
    Word{"stage", "Läge"},
    Word{"start", "början"},
    Word{"status", "Status"},
    Word{"street", "gata"},
    Word{"substance", "Substans"},
    Word{"substances", "Substanser"},
    Word{"suspectedOffence", "Misstänkt brott"},
    Word{"suspicionLevel", "Misstankegrad"},
    Word{"text", "rubricering"},
    Word{"violence", "Våld"},
    Word{"visitAt", "Besök"},
};

constexpr std::array kCodes{
    Word{"accepted", "accepterad"},
    Word{"alternating", "växelvis boende"},
    Word{"cancelled", "inställd"},
    Word{"care_follow_up", "uppföljning av remiss"},
    Word{"care_referral", "nödvändig vård, behandling eller stöd"},
    Word{"carried_out", "verkställd"},
    Word{"child_in_home", "Barn i hemmet"},
    Word{"child_protection", "bedöma ett barns behov av skydd"},
    Word{"co_tenant", "Medhyresgäst"},
    Word{"completed", "avslutad"},
    Word{"declined", "avböjd"},
    Word{"dwelling", "Avser bostad"},
    Word{"early_care", "första samtal"},
    Word{"emergency", "Akut fara"},
    Word{"eviction_pending", "Tid för avhysning är bestämd"},
    Word{"eviction_prevention", "förebygga avhysning"},
    Word{"female", "kvinna"},
    Word{"fictitious", "fingerade personuppgifter"},
    Word{"guardian", "Vårdnadshavare"},
    Word{"guardian_harm", "Vårdnadshavares kännedom skulle orsaka betydande men"},
    Word{"housing_outreach", "uppsökande arbete av bosamordnare"},
    Word{"identity_established", "Identiteten är fastställd"},
    Word{"in_progress", "pågår"},
    Word{"individual_assessment", "Prövad i det enskilda fallet"},
    Word{"kan_misstankas", "kan misstänkas"},
    Word{"male", "man"},
    Word{"marked", "sekretessmarkering"},
    Word{"misstankt", "misstänkt"},
    Word{"need_for_care", "Uppgiften behövs för nödvändig vård, behandling eller stöd"},
    Word{"need_of_help", "Behov av hjälp från socialtjänsten"},
    Word{"offer_accepted", "Erbjudandet accepterat"},
    Word{"ongoing_misuse", "Pågående missbruk"},
    Word{"other", "Annan person"},
    Word{"permanent", "stadigvarande boende"},
    Word{"police_case", "polisen"},
    Word{"postponed", "uppskjuten"},
    Word{"prison_in_scale", "Fängelse ingår i straffskalan"},
    Word{"protected_registration", "skyddad folkbokföring"},
    Word{"reasonable_suspicion", "Skäligen misstänkt"},
    Word{"receipt", "bevis om mottagande"},
    Word{"relative", "Anhörig"},
    Word{"rent_arrears_notice", "förhindra att hyresrätten förverkas (JB 12:44)"},
    Word{"reporter", "Anmälare"},
    Word{"sibling", "Syskon"},
    Word{"sig_cooperation", "social insatsgrupp"},
    Word{"skaligen_misstankt", "skäligen misstänkt"},
    Word{"subject", "Den det gäller"},
    Word{"tenancy_disturbance_notice", "underrättelse om störningar (JB 12:25 a)"},
    Word{"tenant", "Hyresgäst"},
    Word{"time_set", "tid bestämd"},
    Word{"visits", "umgänge"},
    Word{"voluntary_offer", "frivilligt stöd"},
    Word{"withdrawn", "återkallad"},
    Word{"youth_offence_notice", "underrättelse om ung misstänkt (LUL 6 §)"},
};

template <std::size_t N>
consteval bool is_sorted_by_key(const std::array<Word, N>& words) {
  for (std::size_t i = 1; i < N; ++i)
    if (!(words[i - 1].first < words[i].first)) return false;
  return true;
}
static_assert(is_sorted_by_key(kTitles));
static_assert(is_sorted_by_key(kLabels));
static_assert(is_sorted_by_key(kCodes));

template <std::size_t N>
std::string_view look_up(const std::array<Word, N>& words, std::string_view key, std::string_view otherwise) {
  const auto at =
      std::lower_bound(words.begin(), words.end(), key, [](const Word& w, std::string_view k) { return w.first < k; });
  return at != words.end() && at->first == key ? at->second : otherwise;
}

}  // namespace

std::string_view notice_title(std::string_view kind) { return look_up(kTitles, kind, "Meddelande"); }
std::string_view swedish_label(std::string_view member) { return look_up(kLabels, member, member); }
std::string_view swedish_code(std::string_view code) { return look_up(kCodes, code, code); }

}  // namespace samband::plugin
