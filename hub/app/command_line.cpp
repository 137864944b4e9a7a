#include "app/command_line.hpp"

#include <Poco/Exception.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace samband::cli {
namespace {

using Poco::Util::Option;
using Poco::Util::OptionSet;

OptionSet option_set(const Command& command) {
  OptionSet set;
  set.addOption(Option("help", "h", "this text"));
  for (const OptionSpec& o : command.options) {
    std::string help = o.help;
    if (!o.initial.empty()) help += " (default: " + o.initial + ")";
    if (o.required) help += " (required)";
    Option option(o.name, "", help);
    if (!o.argument.empty()) option.argument(o.argument);
    option.repeatable(o.repeatable);
    option.required(o.required);
    set.addOption(option);
  }
  return set;
}

void print_help(const Command& command) {
  const OptionSet set = option_set(command);
  Poco::Util::HelpFormatter formatter(set);
  formatter.setCommand("samband " + command.name);
  formatter.setUsage("[options]" + (command.positional.empty() ? "" : " " + command.positional));
  formatter.setHeader(command.summary + "." + (command.text.empty() ? "" : " " + command.text));
  formatter.setFooter("Exit codes: 0 done, 1 failed or refused, 2 wrong use.");
  formatter.setWidth(110);
  formatter.setUnixStyle(true);
  formatter.format(std::cout);
}

void print_overview(const std::vector<Command>& commands, std::ostream& out) {
  out << "samband: carries messages between agencies, and only what the law and the consents allow.\n\n"
         "usage: samband COMMAND [options]      samband COMMAND --help\n\n";
  std::size_t width = 0;
  for (const Command& c : commands) width = std::max(width, c.name.size());
  for (const Command& c : commands)
    out << "  " << c.name << std::string(width + 2 - c.name.size(), ' ') << c.summary << "\n";
  out << "\nThe configuration folder is --config DIR, else $SAMBAND_CONFIG, else ./config.\n"
         "Words of law and of persons are Swedish unless --lang or $SAMBAND_LANG says en.\n"
         "Exit codes: 0 done, 1 failed or refused, 2 wrong use.\n";
}

bool asks_language(const Command& command) {
  return std::any_of(command.options.begin(), command.options.end(),
                     [](const OptionSpec& o) { return o.name == kLangOption.name; });
}

std::string language_of_environment() {
  const char* set = std::getenv("SAMBAND_LANG");
  return set == nullptr || *set == '\0' ? "sv" : set;
}

}  // namespace

std::string Arguments::get(const std::string& name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::string() : it->second;
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  const auto it = repeated_.find(name);
  return it == repeated_.end() ? std::vector<std::string>() : it->second;
}

int complain(const std::string& text) {
  std::cerr << "samband: " << text << "\n";
  return kFailed;
}

int run(const std::vector<Command>& commands, int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    print_overview(commands, std::cerr);
    return kUsage;
  }
  // "help consent add" is "consent add --help".
  if (words[0] == "help" && words.size() > 1) {
    words.erase(words.begin());
    words.push_back("--help");
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_overview(commands, std::cout);
    return kOk;
  }
  if (words[0] == "--version") {
    std::cout << "samband " SAMBAND_VERSION "\n";
    return kOk;
  }
  const Command* command = nullptr;
  std::size_t used = 0;
  for (const Command& c : commands) {
    const std::size_t n = static_cast<std::size_t>(std::count(c.name.begin(), c.name.end(), ' ')) + 1;
    std::string first = words[0];
    if (n == 2 && words.size() > 1) first += " " + words[1];
    if (first == c.name && n > used) command = &c, used = n;
  }
  if (!command) {
    // "samband consent": say what there is below it.
    std::vector<Command> below;
    for (const Command& c : commands)
      if (c.name.rfind(words[0] + " ", 0) == 0) below.push_back(c);
    const auto asks = [](const std::string& w) { return w == "--help" || w == "-h" || w == "help"; };
    if (!below.empty() && words.size() == 2 && asks(words[1])) {
      print_overview(below, std::cout);
      return kOk;
    }
    if (below.empty())
      std::cerr << "samband: no command '" << words[0] << "'\n\n";
    else if (words.size() > 1)
      std::cerr << "samband: no command '" << words[0] << " " << words[1] << "'\n\n";
    print_overview(below.empty() ? commands : below, std::cerr);
    return kUsage;
  }

  Arguments arguments;
  for (const OptionSpec& o : command->options)
    if (!o.initial.empty()) arguments.values_[o.name] = o.initial;
  if (asks_language(*command)) arguments.values_[kLangOption.name] = language_of_environment();
  const OptionSet set = option_set(*command);
  Poco::Util::OptionProcessor processor(set);
  processor.setUnixStyle(true);
  try {
    for (std::size_t i = used; i < words.size(); ++i) {
      std::string name, value;
      if (processor.process(words[i], name, value)) {
        if (name == "help") {
          print_help(*command);
          return kOk;
        }
        if (name.empty()) continue;
        arguments.values_[name] = value;
        arguments.repeated_[name].push_back(value);
      } else {
        arguments.positional_.push_back(words[i]);
      }
    }
    processor.checkRequired();
    if (const auto lang = arguments.get(kLangOption.name); asks_language(*command) && lang != "sv" && lang != "en")
      throw Poco::InvalidArgumentException("--lang, SAMBAND_LANG: expect sv or en");
  } catch (const Poco::Exception& e) {
    std::cerr << "samband " << command->name << ": " << e.displayText() << "\nTry: samband " << command->name
              << " --help\n";
    return kUsage;
  }
  const bool wants = !command->positional.empty(), optional = wants && command->positional[0] == '[';
  // "BEFORE AFTER" is two words; "[PATH...]" any number.
  const bool many = command->positional.find("...") != std::string::npos;
  const std::size_t given = arguments.positional_.size();
  const auto spaces = std::count(command->positional.begin(), command->positional.end(), ' ');
  const std::size_t most = wants ? static_cast<std::size_t>(spaces) + 1 : 0;
  if ((!many && given > most) || (!optional && given < most)) {
    std::cerr << "samband " << command->name << ": "
              << (wants ? (most == 1 ? "expects one " : "expects ") + command->positional : "takes no further words")
              << "\nTry: samband " << command->name << " --help\n";
    return kUsage;
  }
  return command->run(arguments);
}

}  // namespace samband::cli
