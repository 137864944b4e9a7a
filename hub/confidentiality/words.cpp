#include "confidentiality/words.hpp"

#include <algorithm>
#include <vector>

namespace samband {
namespace {

const Dictionary& actor_names() {
  static const Dictionary kNames = {
      {"police", {"polisen", "the police"}},
      {"prosecutor", {"åklagare", "prosecutor"}},
      {"prison_probation", {"Kriminalvården", "prison and probation service"}},
      {"social_board", {"socialnämnd", "social welfare board"}},
      {"health_bup", {"BUP", "child and youth psychiatry"}},
      {"health_clinic", {"vårdmottagning", "health clinic"}},
      {"health_dependency", {"beroendevård", "dependency care"}},
      {"hospital", {"sjukhus", "hospital"}},
      {"school", {"skola", "school"}},
      {"leisure", {"fritidsverksamhet", "leisure services"}},
      {"landlord_private", {"privat hyresvärd", "private landlord"}},
      {"landlord_municipal", {"kommunal hyresvärd", "municipal landlord"}},
      {"housing_coordinator", {"bosamordnare", "housing coordinator"}},
      {"housing_emergency", {"hemlöshetsjour", "emergency housing"}},
      {"enforcement", {"Kronofogden", "enforcement authority"}},
      {"rent_tribunal", {"hyresnämnd", "rent tribunal"}},
      {"employment_service", {"Arbetsförmedlingen", "employment service"}},
      {"social_insurance", {"Försäkringskassan", "social insurance agency"}},
      {"security_police", {"Säkerhetspolisen", "security service"}},
      {"customs", {"Tullverket", "customs"}},
      {"court", {"domstol", "court"}},
      {"tax_agency", {"Skatteverket", "tax agency"}},
      {"student_aid", {"CSN", "student aid board"}},
      {"pensions_agency", {"Pensionsmyndigheten", "pensions agency"}},
      {"unemployment_fund", {"arbetslöshetskassa", "unemployment fund"}},
      {"preschool", {"förskola", "preschool"}},
      {"family_counselling", {"familjerådgivning", "family counselling"}},
      {"health_private", {"privat vårdgivare", "private health care"}},
      {"care_private", {"privat omsorgsutförare", "private social care"}},
      {"housing_queue", {"bostadsförmedling", "housing agency"}},
      {"individual", {"enskild", "an individual"}},
      {"operator", {"driften", "operator"}},
      {"auditor", {"granskare", "auditor"}},
  };
  return kNames;
}

const Dictionary& category_names() {
  static const Dictionary kNames = {
      {"envelope", {"kuvert", "envelope"}},
      {"identity", {"identitet", "identity"}},
      {"address", {"bostadsadress", "home address"}},
      {"home_area", {"hemkommun och stadsdel", "home municipality and district"}},
      {"contact", {"telefon och e-post", "telephone and e-mail"}},
      {"protection", {"markering om skyddad identitet", "protected-identity marking"}},
      {"family", {"familjeförhållanden", "family relations"}},
      {"case_reference", {"ärendenummer", "case number"}},
      {"official", {"handläggare", "caseworker"}},
      {"event", {"händelse", "event"}},
      {"event_place", {"plats för händelsen", "place of the event"}},
      {"suspicion", {"misstanke", "suspicion"}},
      {"mediation", {"medling", "mediation"}},
      {"custody", {"frihetsberövande", "deprivation of liberty"}},
      {"misuse", {"missbruk", "misuse"}},
      {"health", {"hälsa", "health"}},
      {"social_situation", {"social situation", "social situation"}},
      {"school", {"skolsituation", "school situation"}},
      {"risk_assessment", {"riskbedömning", "risk assessment"}},
      {"housing", {"bostad", "housing"}},
      {"debt", {"skuld", "debt"}},
      {"payment", {"betalningssätt", "payment account"}},
      {"landlord", {"hyresvärd", "landlord"}},
      {"enforcement", {"verkställighetsärende", "enforcement case"}},
      {"schedule", {"tidpunkt", "time set"}},
      {"children", {"barn i hemmet", "children in the home"}},
      {"status", {"status", "status"}},
      {"test_result", {"provsvar", "test result"}},
      {"benefit", {"förmåner och inkomster", "benefits and income"}},
      {"report", {"uppgift om orosanmälan", "report of concern"}},
      {"shared_record", {"uppgift ur sammanhållen dokumentation", "shared care record"}},
      {"document", {"fritext eller bilaga", "free text or attachment"}},
  };
  return kNames;
}

const Dictionary& fact_names() {
  static const Dictionary kNames = {
      {"consent", {"samtycke", "consent"}},
      {"birth_date", {"födelsedatum", "the birth date"}},
      {"reasonable_suspicion", {"uppgift om skälig misstanke", "whether there is reasonable suspicion"}},
      {"prison_in_scale", {"uppgift om fängelse i straffskalan", "whether the offence can lead to prison"}},
      {"identity_established", {"fastställd identitet", "established identity"}},
      {"individual_assessment",
       {"en namngiven persons bedömning i det enskilda fallet", "a named person's assessment of this case"}},
      {"need_of_help", {"bedömt hjälpbehov", "an assessed need of help"}},
      {"need_for_care",
       {"prövning av om uppgiften behövs för vård eller stöd", "the test of need for care or support"}},
      {"ongoing_misuse", {"uppgift om pågående missbruk", "whether misuse is ongoing"}},
      {"compulsory_care", {"uppgift om tvångsvård", "whether compulsory care is given"}},
      {"pregnancy_protection", {"prövning av skydd för väntat barn", "the test of protection of an expected child"}},
      {"offer_accepted", {"svar på erbjudandet", "the answer to the offer"}},
      {"guardian_harm", {"menprövning mot vårdnadshavare (OSL 12:3)", "the harm test against a guardian (OSL 12:3)"}},
      {"interest_balance", {"dokumenterad intresseavvägning", "a recorded balance of interests"}},
      {"harm_test_clear", {"dokumenterad menprövning", "a recorded harm test"}},
      {"document_released",
       {"en namngiven persons beslut att lämna ut handlingen", "a named person's release of the document"}},
      {"location_release",
       {"en namngiven persons prövning av skyddad plats", "a named person's release of a protected place"}},
      {"eviction_notified",
       {"uppgift om Kronofogdens underrättelse om avhysningen", "whether Kronofogden told of the eviction"}},
      {"dwelling", {"uppgift om bostadslägenhet", "whether the lease is of a dwelling"}},
      {"same_organisation", {"uppgift om samma nämnd och verksamhetsgren", "whether it is the same board and branch"}},
      {"recipient_reservation",
       {"mottagarens godtagna förbehåll (OSL 10:14)", "the recipient's accepted reservation (OSL 10:14)"}},
      {"may_be_suspected", {"uppgift om att personen kan misstänkas", "whether the person may be suspected"}},
      {"inquiry_opened", {"uppgift om inledd utredning", "whether an inquiry has been opened"}},
      {"concrete_risk",
       {"bedömd konkret risk för brottslig verksamhet", "an assessed concrete risk of criminal activity"}},
      {"concrete_risk_kin",
       {"bedömd konkret risk för brott mot närstående", "an assessed concrete risk of an offence against a relative"}},
      {"not_unsuitable",
       {"bedömning att utlämnandet inte är olämpligt", "an assessment that disclosure is not unsuitable"}},
      {"imminent_danger", {"bedömd överhängande fara", "an assessed imminent danger"}},
      {"assumed_under_18", {"antagande att personen är under 18 år", "an assumption that the person is under 18"}},
      {"suspicion_remains", {"uppgift om att misstanken kvarstår", "whether the suspicion remains"}},
      {"inquiry_closed", {"uppgift om att utredningen är avslutad", "whether the inquiry is closed"}},
      {"drug_use_before_15",
       {"uppgift om misstänkt bruk före 15 års ålder", "whether drug use before 15 is suspected"}},
      {"prosecutor_decided",
       {"uppgift om åklagarens beslut om provtagning", "whether the prosecutor decided on the test"}},
      {"lvm_need", {"bedömt behov av LVM-vård", "an assessed need of care under LVM"}},
      {"not_helped_in_health_care",
       {"bedömning att hälso- och sjukvården inte räcker", "an assessment that health care is not enough"}},
      {"child_inquiry_decided",
       {"uppgift om beslutad utredning om barnet", "whether an inquiry about the child is decided"}},
      {"cannot_consent", {"bedömning att personen inte kan samtycka", "an assessment that the person cannot consent"}},
      {"offence_against_child",
       {"bedömd misstanke om brott mot någon under 18 år",
        "an assessed suspicion of an offence against somebody under 18"}},
      {"supply_to_child",
       {"bedömd misstanke om överlåtelse till någon under 18 år",
        "an assessed suspicion of supply to somebody under 18"}},
      {"penalty_limit_met",
       {"bedömning att straffminimum når gränsen i OSL 10:23",
        "an assessment that the minimum penalty reaches the limit of OSL 10:23"}},
      {"helps_prevent_terror",
       {"bedömning att uppgiften kan förebygga terroristbrott",
        "an assessment that it may help to prevent a terrorist offence"}},
      {"inquiry_runs",
       {"uppgift om att utredning redan pågår eller att veckan gått",
        "whether an inquiry already runs or the week has passed"}},
      {"no_extraordinary_reasons",
       {"bedömning att synnerliga skäl för sekretess saknas",
        "an assessment that no extraordinary reasons speak for secrecy"}},
      {"new_purpose_tested",
       {"prövning av att det nya ändamålet är nödvändigt och proportionerligt",
        "a test that the new purpose is necessary and proportionate"}},
      {"payment_control",
       {"bedömning att uppgiften behövs mot felaktig utbetalning",
        "an assessment that a wrong payment is to be avoided"}},
      {"sanction_failing",
       {"bedömning av påföljdens verkställighet", "an assessment of how the sanction is fulfilled"}},
      {"service_for_board", {"uppgift om uppdrag åt nämnden", "whether the measure is carried out for the board"}},
      {"support_case", {"bedömning av ärende om ekonomiskt bistånd", "an assessment of the case of economic support"}},
      {"particularly_serious",
       {"uppgift om särskilt allvarlig störning", "whether the disturbance is particularly serious"}},
      {"sole_custody", {"uppgift om ensam vårdnad", "whether the guardian has sole custody"}},
      {"investigation_not_harmed",
       {"dokumenterad prövning av skada för utredningen (OSL 18:1)",
        "a recorded test of harm to the investigation (OSL 18:1)"}},
  };
  return kNames;
}

const Dictionary& role_names() {
  static const Dictionary kNames = {
      {"subject", {"den det gäller", "the person concerned"}},
      {"tenant", {"hyresgästen", "the tenant"}},
      {"guardian", {"vårdnadshavare", "guardian"}},
      {"sibling", {"syskon", "sibling"}},
      {"child_in_home", {"barn i hemmet", "child in the home"}},
      {"co_tenant", {"medhyresgäst", "co-tenant"}},
      {"relative", {"närstående", "relative"}},
      {"reporter", {"anmälaren", "the reporter"}},
      {"other", {"annan person", "another person"}},
  };
  return kNames;
}

}  // namespace

std::string word(const Dictionary& names, std::string_view code, bool swedish) {
  const auto found = names.find(code);
  return std::string(found == names.end() ? code : found->second.in(swedish));
}

std::string actor_in_words(std::string_view code, bool swedish) { return word(actor_names(), code, swedish); }
std::string category_in_words(std::string_view code, bool swedish) { return word(category_names(), code, swedish); }
std::string role_in_words(std::string_view code, bool swedish) { return word(role_names(), code, swedish); }
std::string fact_in_words(std::string_view code, bool swedish) { return word(fact_names(), code, swedish); }

std::string cited_as_tested(std::string_view citation) {
  return std::string(citation) + ", " + std::string(kHarmTestWord);
}

std::string citation_in_english(std::string_view citation) {
  const std::string test_mark = cited_as_tested("");
  const bool tested = citation.ends_with(test_mark);
  if (tested) citation.remove_suffix(test_mark.size());
  citation = citation.substr(0, citation.find(": "));
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= citation.size();) {
    const auto end = std::min(citation.find(' ', at), citation.size());
    words.emplace_back(citation.substr(at, end - at));
    at = end + 1;
  }
  // "6 §" and "34 § 1 st 2": the sign and "st" stand after their number, "p" before it. A mark may follow.
  const auto is = [](const std::string& word, std::string_view sign) {
    return word == sign || word == std::string(sign) + ";" || word == std::string(sign) + ",";
  };
  const auto number = [](const std::string& word) {
    return !word.empty() && word.front() >= '0' && word.front() <= '9' && word.find(':') == std::string::npos;
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (const auto& [sign, english] :
         {std::pair<std::string_view, std::string_view>{"§", "s. "}, {"§§", "ss. "}, {"st", "para. "}}) {
      if (!is(words[i], sign) || i == 0) continue;
      const std::string mark = words[i].substr(sign.size());
      // "16 a §": the letter belongs to the number.
      std::size_t first = i - 1;
      if (first > 0 && words[first].size() == 1 && !number(words[first])) --first;
      if (!number(words[first])) continue;
      if (sign == "§§" && first > 1 && words[first - 1] == "och" && number(words[first - 2])) {
        words[first - 1] = "and";  // "4 och 7 §§"
        first -= 2;
      }
      words[first] = std::string(english) + words[first];
      words[i - 1] += mark;
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      if (sign == "st" && mark.empty() && i < words.size() && number(words[i])) words[i] = "item " + words[i];
      --i;
      break;
    }
    if (i + 1 < words.size() && number(words[i + 1])) {
      if (words[i] == "p") words[i] = "item";
      if (words[i] == "st") words[i] = "para.";  // "OSL 21:3 st 1"
    }
    if (words[i] == "formulär") words[i] = "form";
  }
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out + (tested ? ", harm test" : "");
}

}  // namespace samband
