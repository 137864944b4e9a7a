#include "admin/admin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

namespace samband {
namespace {

using ::testing::HasSubstr;

HttpResponse ask(const Handler& handler, std::string target, std::string method = "GET") {
  asio::io_context io;
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  auto answer = asio::co_spawn(io, handler(std::move(request)), asio::use_future);
  io.run();
  return answer.get();
}

TEST(Metrics, text_holds_what_was_counted_observed_and_set) {
  Metrics metrics;
  metrics.count_exchange("released", "police.suspicion");
  metrics.count_exchange("released", "police.suspicion");
  metrics.count_message("police", "accepted");
  metrics.count_delivery("delivered");
  metrics.count_alarm("hold");
  metrics.observe_commit(0.002);
  metrics.set_ledger_size(12);
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("samband_exchanges_total{kind=\"police.suspicion\",outcome=\"released\"} 2"));
  EXPECT_THAT(text, HasSubstr("samband_messages_total{adapter=\"police\",result=\"accepted\"} 1"));
  EXPECT_THAT(text, HasSubstr("samband_deliveries_total{result=\"delivered\"} 1"));
  EXPECT_THAT(text, HasSubstr("samband_alarms_total{kind=\"hold\"} 1"));
  EXPECT_THAT(text, HasSubstr("samband_commit_seconds_count 1"));
  EXPECT_THAT(text, HasSubstr("samband_commit_seconds_bucket{le=\"0.001\"} 0"));
  EXPECT_THAT(text, HasSubstr("samband_commit_seconds_bucket{le=\"0.0025\"} 1"));
  EXPECT_THAT(text, HasSubstr("samband_ledger_size 12"));
}

TEST(Metrics, too_many_label_values_become_other) {
  Metrics metrics;
  for (int i = 0; i < 1000; ++i) metrics.count_message("adapter" + std::to_string(i), "accepted");
  EXPECT_THAT(metrics.text(), HasSubstr("samband_messages_total{adapter=\"other\",result=\"other\"} 744"));
}

TEST(Metrics, counts_from_many_threads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) metrics.count_delivery("retry"), metrics.observe_delivery(0.1);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(metrics.text(), HasSubstr("samband_deliveries_total{result=\"retry\"} 4000"));
  EXPECT_THAT(metrics.text(), HasSubstr("samband_delivery_attempt_seconds_count 4000"));
}

TEST(Admin, answers_by_path_and_state) {
  Metrics metrics;
  bool healthy = true, ready = false;
  const auto handler = admin_handler(metrics, [&] { return healthy; }, [&] { return ready; });
  EXPECT_EQ(ask(handler, "/metrics").status, 200);
  EXPECT_THAT(ask(handler, "/metrics").content_type, HasSubstr("version=0.0.4"));
  EXPECT_EQ(ask(handler, "/healthz").status, 200);
  EXPECT_EQ(ask(handler, "/readyz").status, 503);
  EXPECT_THAT(ask(handler, "/metrics").body, HasSubstr("samband_healthy 1"));
  EXPECT_THAT(ask(handler, "/metrics").body, HasSubstr("samband_ready 0"));
  ready = true;
  EXPECT_EQ(ask(handler, "/readyz").status, 200);
  healthy = false;
  EXPECT_EQ(ask(handler, "/healthz").status, 503);
  EXPECT_EQ(ask(handler, "/readyz").status, 503);
  EXPECT_EQ(ask(handler, "/other").status, 404);
  EXPECT_EQ(ask(handler, "/metrics", "POST").status, 405);
}

}  // namespace
}  // namespace samband
