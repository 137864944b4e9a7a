// Every command of `samband`; each file of commands_*.cpp adds its own.
#pragma once
#include <vector>

#include "app/command_line.hpp"

namespace samband::cli {

void add_serve(std::vector<Command>&);
void add_check(std::vector<Command>&);            // check, keys dev, plugin list
void add_policy(std::vector<Command>&);           // policy list
void add_policy_analysis(std::vector<Command>&);  // policy check, policy diff
void add_policy_publish(std::vector<Command>&);   // policy publish, approve, status, fetch
void add_policy_simulate(std::vector<Command>&);
void add_policy_explain(std::vector<Command>&);  // policy explain
void add_policy_cases(std::vector<Command>&);    // policy decide, policy test
void add_consent(std::vector<Command>&);         // consent add, revoke, list
void add_erase(std::vector<Command>&);           // erase, retention run
void add_incident(std::vector<Command>&);        // incident open, close, list, show
void add_keys(std::vector<Command>&);            // keys rotate
void add_store(std::vector<Command>&);           // store backup, restore, check
void add_access(std::vector<Command>&);          // report subject
void add_exchange(std::vector<Command>&);        // exchange list, show, retry
void add_quarantine(std::vector<Command>&);      // quarantine list, show, delete
void add_report(std::vector<Command>&);          // report statistics, duties, assessments
void add_follow_up(std::vector<Command>&);       // report follow-up
void add_review(std::vector<Command>&);          // review list, close
void add_log(std::vector<Command>&);             // log verify, checkpoint, key, export
void add_demo(std::vector<Command>&);
void add_simulate(std::vector<Command>&);
void add_witness(std::vector<Command>&);         // log witness

}  // namespace samband::cli
