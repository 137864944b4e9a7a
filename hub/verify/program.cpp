#include "verify/program.hpp"

#include <algorithm>
#include <map>
#include <ostream>

#include "verify/checks.hpp"
#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr const char* kHelpEn = R"(usage: samband-verify COMMAND ... --vkey KEY [OPTION...]

  receipt FILE                 a receipt (C2SP tlog-proof): does its entry stand in the signed log, and what does it say?
  log DIR                      a whole log (C2SP tlog-tiles): recomputed from its entries up to the signature
  consistency OLD DIR          does the log in DIR continue the checkpoint in the file OLD?
  report FILE                  a supervisor's access report: is every entry in it, unchanged, and none left out?

  --vkey KEY                   the log's verifier key: name+hash+base64 (C2SP signed-note)
  --old-vkey KEY               consistency: the key of OLD, when the log's key was rotated after it
  --policy FILE                receipt: C2SP tlog-policy; wants its quorum of witnesses, and may name the log
  --leaf FILE                  receipt: the entry, as it is or in base64, when the receipt does not carry it
  --covers N                   report: it must be complete for the first N entries of the log
  --opaque                     entries may be any bytes; log: they need not be there
  --lang sv|en                 language (default: from the environment, else English)
  --json                       one JSON object
  --help

Works offline. Exit codes: 0 valid, 1 invalid, 2 nothing that could be judged (no such file, malformed key, wrong use).
)";

constexpr const char* kHelpSv = R"(användning: samband-verify KOMMANDO ... --vkey NYCKEL [VAL...]

  receipt FIL                  ett kvitto (C2SP tlog-proof): står posten i den signerade loggen, och vad säger den?
  log MAPP                     en hel logg (C2SP tlog-tiles): omräknad från posterna upp till signaturen
  consistency GAMMAL MAPP      fortsätter loggen i MAPP kontrollpunkten i filen GAMMAL?
  report FIL                   en tillsynsrapport: finns varje post med, oförändrad, och saknas ingen?

  --vkey NYCKEL                loggens verifieringsnyckel: namn+hash+base64 (C2SP signed-note)
  --old-vkey NYCKEL            consistency: nyckeln till GAMMAL, när loggen har bytt nyckel efter den
  --policy FIL                 receipt: C2SP tlog-policy; kräver dess quorum av vittnen, och får namnge loggen
  --leaf FIL                   receipt: posten, som den är eller i base64, när kvittot inte innehåller den
  --covers N                   report: den ska vara fullständig för loggens första N poster
  --opaque                     poster får vara vilka byte som helst; log: de behöver inte finnas
  --lang sv|en                 språk (annars från miljön, annars engelska)
  --json                       ett JSON-objekt
  --help

Arbetar utan nät. Slutkoder: 0 giltigt, 1 ogiltigt, 2 inget att bedöma (ingen sådan fil, felskriven nyckel, fel användning).
)";

struct Arguments {
  std::vector<std::string> positional;
  std::map<std::string, std::string> options;
  bool has(const std::string& name) const { return options.count(name) != 0; }
  std::string get(const std::string& name) const { return has(name) ? options.at(name) : std::string(); }
};

// Option -> does it take a value?
const std::map<std::string, bool> kOptions{{"vkey", true},   {"policy", true},  {"leaf", true},
                                           {"covers", true}, {"opaque", false}, {"lang", true},
                                           {"json", false},  {"help", false},   {"old-vkey", true}};

struct Usage {
  std::size_t positional;
  std::vector<std::string> options;
};
const std::map<std::string, Usage> kCommands{{"receipt", {1, {"policy", "leaf", "opaque"}}},
                                             {"log", {1, {"opaque"}}},
                                             {"consistency", {2, {"opaque", "old-vkey"}}},
                                             {"report", {1, {"covers"}}}};

// The mistake, or none.
std::optional<Words> parse(const std::vector<std::string>& given, Arguments& a) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& word = given[i];
    if (!word.starts_with("--") || word.size() == 2) {
      a.positional.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto known = kOptions.find(name);
    if (known == kOptions.end()) return Words{"unknown option --" + name, "okänt val --" + name};
    if (a.has(name)) return Words{"--" + name + " is given twice", "--" + name + " är angivet två gånger"};
    const bool has_value = equals != std::string::npos;
    if (known->second && !has_value && i + 1 == given.size())
      return Words{"--" + name + " wants a value", "--" + name + " behöver ett värde"};
    if (!known->second && has_value) return Words{"--" + name + " takes no value", "--" + name + " tar inget värde"};
    a.options[name] = !known->second ? "" : has_value ? word.substr(equals + 1) : given[++i];
  }
  return std::nullopt;
}

std::optional<Words> check_use(const Arguments& a) {
  if (a.positional.empty()) return Words{"a command is wanted", "ett kommando behövs"};
  const auto command = kCommands.find(a.positional[0]);
  if (command == kCommands.end())
    return Words{"there is no command " + a.positional[0], "det finns inget kommando " + a.positional[0]};
  if (a.positional.size() != 1 + command->second.positional)
    return Words{a.positional[0] + " wants " + std::to_string(command->second.positional) + " argument(s)",
                 a.positional[0] + " behöver " + std::to_string(command->second.positional) + " argument"};
  for (const auto& [name, value] : a.options) {
    const auto& own = command->second.options;
    if (name != "vkey" && name != "lang" && name != "json" && std::find(own.begin(), own.end(), name) == own.end())
      return Words{"--" + name + " is no option of " + a.positional[0],
                   "--" + name + " hör inte till " + a.positional[0]};
  }
  if (a.has("covers") && !parse_number(a.get("covers")))
    return Words{"--covers wants a number", "--covers behöver ett tal"};
  if (!a.has("vkey") && !a.has("policy")) return Words{"--vkey KEY is wanted", "--vkey NYCKEL behövs"};
  if (a.has("vkey") && a.get("vkey").empty()) return Words{"--vkey is empty", "--vkey är tom"};
  return std::nullopt;
}

class Printer {
 public:
  Printer(const Surroundings& s, bool swedish, bool json) : s_(s), swedish_(swedish), json_(json) {}

  const std::string& in(const Words& w) const { return swedish_ ? w.sv : w.en; }

  int print(const Outcome& outcome) const {
    json_ ? as_json(outcome) : as_text(outcome);
    return static_cast<int>(outcome.verdict());
  }

 private:
  static const char* name(Verdict v) {
    return v == Verdict::valid ? "valid" : v == Verdict::invalid ? "invalid" : "unusable";
  }
  Words headline(const Outcome& o) const {
    if (o.verdict() == Verdict::valid) return {"VALID: " + o.summary.en, "GILTIGT: " + o.summary.sv};
    if (o.verdict() == Verdict::invalid) return {"INVALID: do not trust it", "OGILTIGT: lita inte på det"};
    return {"UNUSABLE: nothing could be judged", "OANVÄNDBART: inget kunde bedömas"};
  }

  void as_text(const Outcome& o) const {
    s_.out << printable(in(headline(o))) << "\n";
    for (const Problem& p : o.problems) s_.out << "  " << printable(p.where) << ": " << printable(in(p.words)) << "\n";
    if (o.problem_count > o.problems.size())
      s_.out << "  " << (swedish_ ? "och " : "and ") << o.problem_count - o.problems.size()
             << (swedish_ ? " till" : " more") << "\n";
    std::size_t width = 0;
    for (const Fact& f : o.facts) width = std::max(width, columns(in(f.label)));
    for (const Fact& f : o.facts)
      s_.out << "  " << in(f.label) << ":" << std::string(width + 2 - columns(in(f.label)), ' ')
             << printable(in(f.text)) << "\n";
    for (const Words& notice : o.notices)
      s_.out << (swedish_ ? "  obs: " : "  note: ") << printable(in(notice)) << "\n";
  }

  void as_json(const Outcome& o) const {
    s_.out << "{\"verdict\":\"" << name(o.verdict()) << "\",\"valid\":" << (o.problem_count == 0 ? "true" : "false")
           << ",\"summary\":" << json_quoted(in(headline(o)));
    for (const Fact& f : o.facts) s_.out << "," << json_quoted(f.key) << ":" << f.json;
    s_.out << ",\"notices\":[";
    for (std::size_t i = 0; i < o.notices.size(); ++i) s_.out << (i ? "," : "") << json_quoted(in(o.notices[i]));
    s_.out << "],\"problemCount\":" << o.problem_count << ",\"problems\":[";
    for (std::size_t i = 0; i < o.problems.size(); ++i)
      s_.out << (i ? "," : "") << "{\"where\":" << json_quoted(o.problems[i].where)
             << ",\"message\":" << json_quoted(in(o.problems[i].words)) << "}";
    s_.out << "]}\n";
  }

  static std::size_t columns(const std::string& utf8) {
    return static_cast<std::size_t>(
        std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  }
  // What files say goes to a terminal: no control characters, nor those that UTF-8 writes in two bytes (C2 80 to C2
  // 9F).
  static std::string printable(std::string text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      const bool second = c >= 0x80 && c < 0xa0 && i > 0 && text[i - 1] == '\xc2';
      if (c < 0x20 || c == 0x7f || second) text[i] = '?';
      if (second) text[i - 1] = '?';
    }
    return text;
  }

  const Surroundings& s_;
  bool swedish_, json_;
};

Outcome check(const Arguments& a, const Progress& progress) {
  const std::string& command = a.positional[0];
  if (command == "receipt")
    return check_receipt({a.positional[1], a.get("vkey"), a.get("policy"), a.get("leaf"), a.has("opaque")});
  if (command == "report") {
    std::optional<std::uint64_t> covers;
    if (a.has("covers")) covers = parse_number(a.get("covers"));
    return check_report({a.positional[1], a.get("vkey"), covers});
  }
  const LogOptions log{a.positional.back(), a.get("vkey"), a.has("opaque"), a.get("old-vkey")};
  return command == "log" ? check_log(log, progress) : check_consistency(a.positional[1], log);
}

}  // namespace

int run(const std::vector<std::string>& given, const Surroundings& s) {
  Arguments a;
  auto mistake = parse(given, a);
  std::string lang = a.has("lang") ? a.get("lang") : s.lang.starts_with("sv") ? "sv" : "en";
  if (!mistake && lang != "sv" && lang != "en") mistake = Words{"--lang is sv or en", "--lang är sv eller en"};
  const bool swedish = lang == "sv";
  if (!mistake && a.has("help")) {
    s.out << (swedish ? kHelpSv : kHelpEn);
    return 0;
  }
  if (!mistake) mistake = check_use(a);
  const Printer printer(s, swedish, a.has("json"));
  if (mistake) {
    s.err << "samband-verify: " << printer.in(*mistake) << "\n" << (swedish ? kHelpSv : kHelpEn);
    return 2;
  }
  Progress progress;
  if (s.terminal && !a.has("json"))
    progress = [&s](std::uint64_t done, std::uint64_t total) {
      s.err << "\r" << done << " / " << total << (done == total ? "\r\033[K" : "") << std::flush;
    };
  return printer.print(check(a, progress));
}

}  // namespace samband::verify
