// Asks case systems what became of what they were sent, where their API can be asked and tells nobody of a change: the
// step comes back as the message that the case system would have sent, under its own decision like every other step.
//
// Exactly once, however often the hub dies: when to ask next stands in the agenda before it is asked, a step's message
// has an id of exchange and step, and what was said already is read from the store. At most so many questions a minute
// go to one party; what waits longer than its turn is asked the next time. Thread-safe; runs on the io_context.
#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "exchange/journey.hpp"

namespace samband {

class StatusPoll {
 public:
  struct Services {
    const Clock& clock;
    Store& store;
    KeyStore& keys;
    PluginHost& plugins;
    Client& client;
    const Parties& parties;
    Journey& journey;
  };
  StatusPoll(Services, StatusPollRules);
  // From the journey, when an exchange's turn has come. Never waits.
  void take(const std::string& party, const std::string& exchange_id);
  // One question to this party of the rules at a time, until stop(); a coroutine for each of them.
  Task<void> run(std::string party);
  void stop() { stopping_ = true; }

 private:
  struct Lane {
    std::deque<std::string> queue;
    std::chrono::steady_clock::time_point next{};
    std::string trouble, trouble_of;  // said in the log already, and the exchange that it was met at
  };
  std::string next_of(const std::string& party);  // "" = nobody's turn yet
  bool first_refusal(const std::string& what);
  Task<void> ask(std::string party_id, std::string exchange_id);
  Task<Result<PluginStep>> converse(const Party* party, std::string question);
  void say(const std::string& party, const std::string& exchange_id, std::string trouble);

  const Services s_;
  const StatusPollRules rules_;
  std::mutex mutex_;
  std::map<std::string, Lane, std::less<>> lanes_;
  std::set<std::string> refused_;  // exchanges with a step that was refused, said in the log once (of the newest 5,000)
  std::atomic<bool> stopping_{false};
};

}  // namespace samband
