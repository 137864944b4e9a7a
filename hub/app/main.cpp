// The hub's program: finds the command and runs it.
#include <exception>

#include "app/commands.hpp"

int main(int argc, char** argv) {
  using namespace samband::cli;
  try {
    std::vector<Command> commands;
    add_serve(commands);
    add_check(commands);
    add_policy(commands);
    add_policy_publish(commands);
    add_policy_simulate(commands);
    add_policy_analysis(commands);
    add_policy_explain(commands);
    add_policy_cases(commands);
    add_consent(commands);
    add_keys(commands);
    add_store(commands);
    add_erase(commands);
    add_incident(commands);
    add_access(commands);
    add_exchange(commands);
    add_quarantine(commands);
    add_report(commands);
    add_follow_up(commands);
    add_review(commands);
    add_log(commands);
    add_witness(commands);
    add_demo(commands);
    add_simulate(commands);
    return run(commands, argc, argv);
  } catch (const std::exception& e) {
    return complain(std::string("internal error: ") + e.what());
  }
}
