#include "app/hub.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <csignal>
#include <iostream>
#include <thread>

#include "access/person_index.hpp"
#include "admin/access_api.hpp"
#include "admin/admin.hpp"
#include "admin/erasure_api.hpp"
#include "admin/incident_api.hpp"
#include "admin/metrics.hpp"
#include "admin/policy_api.hpp"
#include "app/full_check.hpp"
#include "app/hub_parts.hpp"
#include "app/rule_analysis.hpp"
#include "app/rule_watch.hpp"
#include "app/settings.hpp"
#include "app/simulated_clock.hpp"
#include "app/witnesses.hpp"
#include "base/log.hpp"
#include "console/console.hpp"
#include "erasure/eraser.hpp"
#include "exchange/agency_api.hpp"
#include "exchange/drop_in.hpp"
#include "exchange/status_poll.hpp"
#include "exchange/upkeep.hpp"
#include "follow_up/deadlines.hpp"
#include "identity/peer.hpp"
#include "keys/crypto.hpp"
#include "keys/folder_lock.hpp"
#include "keys/key_store.hpp"
#include "keys/period.hpp"
#include "ledger/rotate.hpp"
#include "store/restore_mark.hpp"
#include "witness/cosigning.hpp"

namespace samband {
namespace {

constexpr std::chrono::seconds kDrainMax{30};

// A simulation has moved the time: what has come due is done now, not in the next round.
Task<void> look_now(Journey* journey, DeadlineWatch* deadlines, Outbox* outbox) {
  co_await journey->look_after();
  co_await deadlines->look();
  outbox->nudge();
}

// Rule files on disk are a proposal at most: the operator hears that they differ, and what is wrong with them.
void report_disk(RuleRegistry& rules) {
  const auto same = rules.look_at_disk();
  if (!same)
    log(LogLevel::error, "policy.files_refused", {{"where", same.error().where}, {"reason", same.error().message}});
  else if (!*same)
    log(LogLevel::warning, "policy.files_differ",
        {{"published", rules.active()->hash.substr(0, 12)}, {"do", "samband policy publish"}});
}

}  // namespace

int serve(const Config& config) {
  using cli::complain;
  using cli::in_words;
  set_log_level(config.log_level == "debug"     ? LogLevel::debug
                : config.log_level == "warning" ? LogLevel::warning
                : config.log_level == "error"   ? LogLevel::error
                                                : LogLevel::info);
  auto kinds = Kinds::load(config.schemas_dir);
  if (!kinds) return complain(in_words(kinds.error()));
  const auto forms = Forms::load(*kinds, config.schemas_dir);
  if (!forms) return complain(in_words(forms.error()));
  auto with_officials = cli::parties_of(config);
  if (!with_officials) return complain(in_words(with_officials.error()));
  const Parties& parties = *with_officials;
  if (auto whole = check_restored(config.data_dir); !whole) return complain(in_words(whole.error()));
  auto keys = KeyStore::open(config.keys_dir);
  if (!keys)
    return complain(in_words(keys.error()) + " (make development keys with: samband keys dev --keys " +
                    config.keys_dir.string() + ")");
  auto store = Store::open(config.data_dir);
  if (!store) return complain(in_words(store.error()));
  // A copy of the data folder has a lock of its own; the keys are what two hubs must never sign with.
  const auto only_signer = FolderLock::take(config.keys_dir / "log.lock", FolderLock::Mode::exclusive,
                                            "another hub signs with these keys: a copy of the data folder beside the "
                                            "original makes two histories. Stop one of them, or give this one keys of "
                                            "its own");
  if (!only_signer) return complain(in_words(only_signer.error()));
  // A rotation of the log's key that was cut short: what both keys have signed, the old one signs no further.
  auto finished = finish_log_rotation(**store, config.log.origin, config.keys_dir, config.data_dir);
  if (!finished) return complain(in_words(finished.error()));
  if (*finished) {
    keys->reset();
    keys = KeyStore::open(config.keys_dir);
    if (!keys) return complain(in_words(keys.error()));
    log(LogLevel::warning, "ledger.rotation_finished", {{"publish", "samband log checkpoint --rotation"}});
  }
  const auto guard_file = cli::guard_file_of(config);
  if (!guard_file) return complain(in_words(guard_file.error()));
  Ledger::Options log_options;
  log_options.origin = config.log.origin;
  log_options.log_seed = (*keys)->log_seed();
  log_options.batch_max = config.log.batch_max;
  log_options.queue_max = config.log.queue_max;
  log_options.guard_file = *guard_file;
  if (!config.log.witness_policy.empty()) {
    auto policy = cli::witness_policy_of(config);
    if (!policy) return complain(in_words(policy.error()));
    log_options.witnesses = std::move(*policy);
    log_options.wait_for_witnesses = config.log.wait_for_witnesses;
  }
  const std::optional<note::WitnessPolicy> witnesses = log_options.witnesses;
  std::unique_ptr<SimulatedClock> simulated;
  if (config.simulation) {
    auto opened = SimulatedClock::open(config.data_dir / kSimulatedClockFile);
    if (!opened) return complain(in_words(opened.error()));
    simulated = std::move(*opened);
    if (config.simulation_begins)
      if (auto begun = simulated->begin_at(*config.simulation_begins); !begun) return complain(in_words(begun.error()));
    log(LogLevel::warning, "hub.simulation", {{"now", to_rfc3339(simulated->now())}});
  }
  const Clock& clock = simulated ? static_cast<const Clock&>(*simulated) : system_clock();
  Metrics metrics;
  log_options.durable = [&metrics](double seconds) { metrics.observe_commit(seconds); };
  auto ledger = Ledger::open(**store, std::move(log_options));
  if (!ledger) return complain(in_words(ledger.error()));
  if (witnesses)
    if (auto seen = cli::ask_witnesses(config, **ledger, *witnesses); !seen) return complain(in_words(seen.error()));
  auto plugins = cli::plugins_of(config, config.plugins);
  if (!plugins) return complain(in_words(plugins.error()));
  // What the analysis calls an error is not published. The published set itself only draws a word: it passed when it
  // was published, and a hub that did not start could not take a better one.
  const RuleRegistry::Check objections = [&config, &clock](const RuleSet& set) {
    std::vector<std::string> out;
    const auto findings = cli::analysis_of(config, set, stockholm_date(clock.now()));
    if (!findings) return std::vector{cli::in_words(findings.error())};
    for (const Error& e : cli::blocking(*findings, config.rules_dir)) out.push_back(cli::in_words(e));
    return out;
  };
  auto registry = RuleRegistry::open(clock, **store, **ledger, {config.rules_dir, config.local_settings}, objections,
                                     config.proposals_kept);
  if (!registry) return complain(in_words(cli::in_folder(registry.error(), config.rules_dir, config.local_settings)));
  RuleRegistry& rules = **registry;

  const int threads = config.worker_threads > 0 ? config.worker_threads
                                                : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  asio::io_context io(threads);
  MetricsMeter meter(metrics);
  // Beside what would not be published today: what nobody has read against the law, or again, in time.
  const auto remarks = [&] {
    const auto findings = cli::analysis_of(config, *rules.active(), stockholm_date(clock.now()));
    if (!findings) return std::vector{cli::in_words(findings.error())};
    std::vector<std::string> out;
    for (const Finding& f : *findings)
      if (!f.accepted && (f.severity == Severity::error || f.code == "law_drift" || f.code == "review_due"))
        out.push_back(cli::in_words(f, config.rules_dir, false));
    return out;
  };
  RuleWatch rule_watch(clock, remarks, metrics, meter);
  rule_watch.look();
  Client client(io, endpoints_of(config));
  Client witness_client(io, witnesses ? cli::witness_endpoints(config, *witnesses) : std::vector<EndpointOptions>{});
  const note::WitnessPolicy no_witnesses;
  Cosigning cosigning(**ledger, witnesses ? *witnesses : no_witnesses, witness_client,
                      [&meter] { meter.alarm("witness_contradicts"); });
  Intake::Limits limits;
  limits.clock_skew_max = config.clock_skew_max;
  auto trust = CertificateTrust::open(config.server.ca, config.server.crl);
  if (!trust) return complain(in_words(trust.error()));
  const Signatures signatures(parties, **trust, clock);
  Intake intake(*kinds, **keys, **plugins, parties, signatures, limits);
  Outbox::Options outbox_options;
  outbox_options.retry = RetryPolicy{config.retry.initial, config.retry.max, config.retry.factor, config.retry.jitter,
                                     config.retry.attempts_max};
  Outbox outbox(io, clock, **store, **ledger, **plugins, client, parties, meter, outbox_options);
  StatusPoll* polling = nullptr;  // made after the journey that it speaks to
  Journey journey(Services{clock, **store, **ledger, **keys, intake, signatures, **plugins, parties, config.agreements,
                           config.routes, outbox, meter, [&rules] { return rules.active(); }, patience_of(config),
                           config.duty_phone, polls_of(config),
                           [&polling](const std::string& party, const std::string& exchange) {
                             if (polling) polling->take(party, exchange);
                           }});
  StatusPoll status_poll({clock, **store, **keys, **plugins, client, parties, journey}, polls_of(config));
  polling = &status_poll;
  Upkeep upkeep(journey);
  const QuarantineConfig& kept = config.quarantine;
  Quarantine quarantine(**store, **ledger, **keys, clock,
                        {kept.bytes_max, kept.party_bytes_max, std::chrono::days(kept.retention_days)});
  if (auto counted = quarantine.open(); !counted) return complain(in_words(counted.error()));
  AgencyApi api(journey, parties, *forms, quarantine, clock, meter, [&config](const std::string& party) {
    const QuotaConfig& q = config.quota_for(party);
    return Quota{q.messages_per_minute, q.in_flight};
  });
  std::atomic<bool> drops_stopping{false};
  std::vector<std::unique_ptr<DropIn>> drops;
  for (const DropInConfig& each : config.drop_in) {
    const Party* party = parties.find(each.party);
    if (!(*plugins)->has(each.adapter)) return complain(each.place + ": no plugin is named '" + each.adapter + "'");
    auto from = server_of(each);
    if (!from) return complain(each.place + ": " + from.error().message);
    drops.push_back(std::make_unique<DropIn>(
        *party,
        [&io, &api, party, &drops_stopping](HttpRequest request) {
          return ask_and_wait(io, api, *party, std::move(request), drops_stopping);
        },
        DropIn::Options{
            .folder = each.folder,
            .adapter = each.adapter,
            .poll = each.poll,
            .file_bytes_max = each.file_bytes_max,
            .from = std::move(*from),
            .done_kept = each.done_kept,
            .errors_waiting = [&metrics, party](int files) { metrics.set_drop_in_errors(party->id, files); }}));
  }
  const CaseReader reader(**store, **keys, intake);
  PersonIndex index(**store, **ledger, **keys, clock);
  Eraser eraser({**store, **ledger, **keys, clock, config.keys_dir / kErasureList,
                 [&config](std::string_view retention_class) {
                   if (retention_class == kQuarantineClass) return config.quarantine.retention_days;
                   if (retention_class == kIncidentClass) return config.retention.incidents_days;
                   if (retention_class == kLegacyClass) return config.retention.longest_days();
                   return config.retention.days_for(retention_class);
                 },
                 config.retention.consents_days, [&outbox](const std::string& id) { return outbox.is_sending(id); },
                 [&journey, &index, &quarantine] {
                   journey.rules_changed();
                   index.forget();
                   if (auto counted = quarantine.recount(); !counted)
                     log(LogLevel::error, "quarantine.not_counted", {{"reason", counted.error().message}});
                 },
                 [&index] {
                   index.forget();  // a day's list is read anew: what was emptied in parts is out of it
                   if (auto logged = index.log_epoch(); !logged)
                     log(LogLevel::error, "index.failed", {{"code", std::string(to_string(logged.error().code))}});
                 }});
  // Before anything is served: what a restored backup brought back goes again.
  if (auto replayed = eraser.replay(); !replayed) return complain(in_words(replayed.error()));
  FullCheck full_check(config.data_dir, **ledger, metrics, meter);
  DeadlineWatch deadlines(clock, **store, **ledger, meter);

  std::atomic<bool> ready{false}, draining{false};
  const auto healthy = [&] { return (*ledger)->healthy() && (*keys)->healthy(); };
  Server* serving = nullptr;  // asked for its connections once it exists
  const auto is_ready = [&] {
    ExchangeFilter held;
    held.state = "held";
    held.limit = 1000;  // a gauge that stands at its limit is alarm enough
    if (auto rows = (*store)->exchanges(held)) metrics.set_holds(static_cast<double>(rows->size()));
    if (serving) metrics.set_connections(serving->connections());
    metrics.set_outbox(static_cast<double>(outbox.waiting()));
    metrics.set_ledger_size(static_cast<double>((*ledger)->size()));
    if (auto late = incidents_overdue(**store, clock.now())) metrics.set_incidents_overdue(*late);
    return ready && !draining && healthy();
  };
  using Need = ListenerOptions::ClientCertificate;
  std::vector<std::pair<ListenerOptions, Handler>> listeners;
  const Handler policy = policy_handler(rules, parties);
  auto agency = listener(config.agency, config, true, Need::required);
  const Handler erasures = erasure_handler(eraser, **keys, parties, clock);
  const Handler access =
      access_handler({**store, **ledger, **keys, index, parties, clock, reader, [&rules] { return rules.active(); }});
  Incidents incidents({**store, **ledger, **keys, clock});
  const Handler breaches = incident_handler(incidents, **store, parties, clock);
  agency.admit = [&parties](const PeerCertificate& peer) -> Result<void> {
    auto party = identify(peer, parties);
    return party ? Result<void>() : Result<void>(party.error());
  };
  listeners.emplace_back(std::move(agency), [&api, policy, erasures, access, breaches](HttpRequest r) {
    if (is_erasure_path(r.path())) return erasures(std::move(r));
    if (is_access_path(r.path())) return access(std::move(r));
    if (is_incident_path(r.path())) return breaches(std::move(r));
    return is_policy_path(r.path()) ? policy(std::move(r)) : api.handle(std::move(r));
  });
  listeners.emplace_back(listener(config.log_listener, config, true, Need::optional), log_handler(**ledger, parties));
  listeners.emplace_back(listener(config.console, config, true, Need::optional),
                         console_handler(**store, **ledger, parties, rules));
  Handler simulation;
  if (simulated)
    simulation = simulation_handler(
        *simulated, **store, [&journey, &deadlines, &outbox] { return look_now(&journey, &deadlines, &outbox); });
  const Handler administration = admin_handler(metrics, healthy, is_ready, [&rule_watch, &cosigning] {
    std::string out;
    if (const int n = rule_watch.findings(); n > 0)
      out += "warning: the published rule set has " + std::to_string(n) + " finding(s): samband policy check\n";
    if (const std::size_t n = cosigning.contradicting(); n > 0)
      out +=
          "warning: " + std::to_string(n) + " witness(es) contradict this log: witness.contradicts in the hub's log\n";
    return out;
  });
  listeners.emplace_back(
      listener(config.admin, config, false, Need::none), [simulation, administration](HttpRequest r) {
        return simulation && is_simulation_path(r.path()) ? simulation(std::move(r)) : administration(std::move(r));
      });
  Server server(io, std::move(listeners));
  serving = &server;
  if (auto started = server.start(); !started) return complain(in_words(started.error()));

  asio::signal_set stop_signals(io, SIGTERM, SIGINT), reload_signals(io, SIGHUP);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // over a file size limit: an error of that write, as on a full disk
  asio::steady_timer patience(io);
  stop_signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    draining = true;
    log(LogLevel::info, "hub.draining", {{"connections", std::to_string(server.connections())}});
    full_check.stop();
    drops_stopping = true;  // a file under way stays, and is taken again at the next start
    for (const auto& drop : drops) drop->stop();
    outbox.stop();
    cosigning.stop();
    (*ledger)->stop_waiting();
    deadlines.stop();
    upkeep.stop();
    status_poll.stop();
    rule_watch.stop();
    server.drain(kDrainMax, [&] {
      // Attempts under way end by their own deadlines; what waits stays in the store.
      client.close();
      witness_client.close();
      reload_signals.cancel();
      patience.expires_after(std::chrono::seconds(2));
      patience.async_wait([&](const boost::system::error_code&) { io.stop(); });
    });
  });
  std::function<void()> wait_reload = [&] {
    reload_signals.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      auto done = server.reload_certificates();
      if (done) done = (*trust)->reload();
      log(done ? LogLevel::info : LogLevel::error, done ? "hub.certificates_reloaded" : "hub.certificates_kept",
          {{"where", done ? "" : done.error().where}});
      report_disk(rules);
      wait_reload();
    });
  };
  wait_reload();
  rules.on_change([&journey, &rule_watch] {
    journey.rules_changed();
    rule_watch.again();
  });
  report_disk(rules);
  outbox.start(journey);
  asio::co_spawn(io, journey.settle(), asio::detached);
  // The process that published a set may have died before it decided again what waits.
  journey.rules_changed();
  asio::co_spawn(io, quarantine.run(), asio::detached);
  asio::co_spawn(io, deadlines.run(), asio::detached);
  if (witnesses) asio::co_spawn(asio::make_strand(io), cosigning.run(), asio::detached);
  asio::co_spawn(io, upkeep.run(), asio::detached);
  for (const StatusPollConfig& each : config.status_poll)
    asio::co_spawn(asio::make_strand(io), status_poll.run(each.party), asio::detached);
  asio::co_spawn(io, rule_watch.run(), asio::detached);
  eraser.start();
  for (const auto& drop : drops) drop->start();
  full_check.start();
  ready = true;
  log(LogLevel::info, "hub.ready",
      {{"agency", std::to_string(server.port("agency"))},
       {"console", std::to_string(server.port("console"))},
       {"log", std::to_string(server.port("log"))},
       {"admin", std::to_string(server.port("admin"))},
       {"threads", std::to_string(threads)},
       {"rules", rules.active()->hash.substr(0, 12)},
       {"log_size", std::to_string((*ledger)->size())}});

  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&io] {
      for (;;) {
        try {
          io.run();
          return;
        } catch (const std::exception&) {
          log(LogLevel::error, "hub.exception");  // a bug in a handler; the hub goes on, the exchange is in the store
        }
      }
    });
  for (std::thread& worker : workers) worker.join();
  log(LogLevel::info, "hub.stopped", {{"log_size", std::to_string((*ledger)->size())}});
  return cli::kOk;
}

}  // namespace samband
