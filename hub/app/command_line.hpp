// The command line: commands, their options and help, over Poco::Util's option processor. Owns no logic of the hub.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace samband::cli {

// Exit codes, the same for every command.
inline constexpr int kOk = 0, kFailed = 1, kUsage = 2;

struct OptionSpec {
  std::string name, argument, help;  // argument "" = a flag
  std::string initial;
  bool repeatable = false;  // all() answers every value
  bool required = false;    // without it: wrong use
};

// Of every command that speaks of persons, law or figures: sv when neither it nor $SAMBAND_LANG says otherwise. Any
// other value is wrong use, before the command runs.
inline const OptionSpec kLangOption{"lang", "sv|en", "language of the words (default: $SAMBAND_LANG, else sv)", ""};

class Arguments {
 public:
  std::string get(const std::string& name) const;
  // Every value of a repeatable option, in order.
  std::vector<std::string> all(const std::string& name) const;
  bool has(const std::string& name) const { return values_.count(name) != 0; }
  const std::vector<std::string>& positional() const { return positional_; }
  bool json() const { return has("json"); }
  bool swedish() const { return get("lang") == "sv"; }

  std::map<std::string, std::string> values_;
  std::map<std::string, std::vector<std::string>> repeated_;
  std::vector<std::string> positional_;
};

struct Command {
  std::string name;        // "consent add"
  std::string summary;     // one line
  std::string positional;  // "EXCHANGE", "" = none, "[FILE]" = may be left out, "[PATH...]" = any number
  std::string text;        // what it does, what it prints, exit codes
  std::vector<OptionSpec> options;
  std::function<int(const Arguments&)> run;
};

// Finds the command, reads its options, runs it. Answers the exit code; messages of wrong use go to standard error.
int run(const std::vector<Command>&, int argc, char** argv);

// "samband: what went wrong" on standard error; answers kFailed.
int complain(const std::string& text);

}  // namespace samband::cli
