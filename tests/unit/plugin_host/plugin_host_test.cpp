// The host against modules that keep the contract (every built adapter) and modules that break it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "../../../plugins/sdk/plugin_abi.h"
#include "base/json.hpp"
#include "plugin_host/plugin_host.hpp"
#include "plugin_host/sink.hpp"

namespace {

using namespace samband;
namespace fs = std::filesystem;

const fs::path kLib = fs::path(SAMBAND_BINARY_DIR) / "lib";

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

PluginOptions options(const fs::path& module, std::string name = "x") {
  PluginOptions o;
  o.name = std::move(name);
  o.module = module;
  o.sha256 = read_text(module.string() + ".sha256").substr(0, 64);
  return o;
}
PluginOptions awkward(const std::string& what = "plain") { return options(kLib / ("test-awkward-" + what + ".so")); }

std::unique_ptr<PluginHost> host_of(PluginOptions o) {
  auto host = PluginHost::load({std::move(o)});
  EXPECT_TRUE(host) << (host ? "" : host.error().where + ": " + host.error().message);
  return host ? std::move(*host) : nullptr;
}
Error load_error(PluginOptions o) {
  const auto host = PluginHost::load({std::move(o)});
  return host ? Error{Errc::internal, "", "it loaded"} : host.error();
}

TEST(PluginHostTest, LoadsEveryBuiltAdapter) {
  std::vector<PluginOptions> all;
  for (const auto& entry : fs::directory_iterator(kLib)) {
    const auto stem = entry.path().stem().string();
    if (entry.path().extension() == ".so" && stem.starts_with("samband-"))
      all.push_back(options(entry.path(), stem.substr(8)));
  }
  ASSERT_GE(all.size(), 4u);
  for (auto& o : all) {
    // The sample configuration is what an operator copies, so it must load.
    const auto sample = fs::path(SAMBAND_SOURCE_DIR) / "plugins" / o.name / "sample-config.json";
    if (fs::exists(sample)) o.config_json = read_text(sample);
    const auto host = host_of(o);
    ASSERT_TRUE(host);
    EXPECT_TRUE(host->has(o.name));
    EXPECT_FALSE(host->has("other"));
    const auto info = host->list().at(0);
    EXPECT_EQ(info.sha256, o.sha256);
    EXPECT_EQ(info.abi_major, HUB_ABI_MAJOR);
    EXPECT_EQ(info.isolation, "in_process");
    EXPECT_EQ(info.sdk, "samband-sdk 1.0");
    EXPECT_EQ(parse_json(info.manifest_json)->at("name").as_string(), o.name);
  }
}

TEST(PluginHostTest, RefusesModulesThatAreNotWhatTheyShouldBe) {
  const auto check = [](PluginOptions o, const char* where, const char* what) {
    const auto e = load_error(std::move(o));
    EXPECT_EQ(e.code, Errc::invalid_config) << what;
    EXPECT_EQ(e.where, where);
    EXPECT_THAT(e.message, testing::HasSubstr(what));
  };
  auto o = awkward();
  o.sha256.back() = o.sha256.back() == '0' ? '1' : '0';
  check(o, "plugins.x.sha256", "digest");
  o = awkward();
  o.sha256.clear();
  check(o, "plugins.x.sha256", "digest");
  o = awkward();
  o.module = "/nonexistent.so";
  check(o, "plugins.x.module", "cannot be read");
  check(awkward("magic"), "plugins.x.module", "magic");
  check(awkward("major"), "plugins.x.module", "ABI 2");
  check(awkward("short"), "plugins.x.module", "too short");
  check(awkward("no_symbol"), "plugins.x.module", "hub_plugin_entry");
  check(awkward("no_step"), "plugins.x.module", "lacks a function");
  check(awkward("manifest"), "plugins.x.manifest", "not JSON");
  o = awkward();
  o.config_json = R"({"bad":true})";
  check(o, "plugins.x.config/bad", "must be false");
  o = awkward();
  o.instances = 0;
  check(o, "plugins.x.instances", "1 to");
  o = awkward();
  o.name = "../x";
  check(o, "plugins", "lower-case");
}

TEST(PluginHostTest, RefusesTheSameNameTwice) {
  EXPECT_EQ(PluginHost::load({awkward(), awkward()}).error().where, "plugins.x");
  auto other = awkward();
  other.name = "y";
  EXPECT_TRUE(PluginHost::load({awkward(), other}));
}

TEST(PluginHostTest, RefusesANonModuleWithTheRightDigest) {
  const auto dir = fs::temp_directory_path() / "samband-plugin-host-test";
  fs::create_directories(dir);
  auto o = awkward();
  o.module = dir / "empty.so";
  std::ofstream(o.module, std::ios::binary).close();
  o.sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  EXPECT_THAT(load_error(o).message, testing::HasSubstr("loader refuses"));
}

TEST(PluginHostTest, RefusesAManifestFileThatSaysSomethingElse) {
  const auto dir = fs::temp_directory_path() / "samband-plugin-host-test";
  fs::create_directories(dir);
  auto o = awkward();
  fs::copy_file(o.module, dir / "m.so", fs::copy_options::overwrite_existing);
  o.module = dir / "m.so";
  std::ofstream(dir / "m.manifest.json") << R"({"operations":["decode"],"abi":"1.0","name":"awkward"})";
  EXPECT_TRUE(host_of(o));
  std::ofstream(dir / "m.manifest.json") << R"({"operations":["decode","deliver"],"abi":"1.0","name":"awkward"})";
  EXPECT_EQ(load_error(o).where, "plugins.x.manifest");
  fs::remove_all(dir);
}

TEST(PluginHostTest, DecodeKeepsThePlaceAndTheRemedy) {
  const auto host = host_of(awkward());
  EXPECT_EQ(host->decode("x", "", "", "one")->size(), 1u);
  const auto e = host->decode("x", "", "", "place").error();
  EXPECT_EQ(e.code, Errc::invalid_input);
  EXPECT_EQ(e.where, "/persons/0/birthDate");
  EXPECT_EQ(e.message, "not a date");
  EXPECT_EQ(host->decode("x", "", "", "unsupported").error().code, Errc::invalid_input);
  EXPECT_EQ(host->decode("x", "", "", "nothing").error().code, Errc::invalid_input);
  EXPECT_EQ(host->decode("y", "", "", "one").error().code, Errc::not_found);
  EXPECT_EQ(host->render_answer("x", "{}").error().code, Errc::not_found);
}

TEST(PluginHostTest, AModulesBugsAreInternalErrorsAndNothingIsUsed) {
  const auto host = host_of(awkward());
  for (const auto* body : {"throw", "strange status", "null view", "flood"}) {
    const auto r = host->decode("x", "", "", body);
    ASSERT_FALSE(r) << body;
    EXPECT_EQ(r.error().code, Errc::internal) << body;
    EXPECT_THAT(r.error().message, testing::Not(testing::HasSubstr("2382")));
  }
  for (const auto* body : {"none", "two", "unknown", "short"}) {
    PluginEvent event;
    event.body = body;
    const auto r = host->step("x", HUB_CONVERSATION_DELIVER, "{}", "", event);
    ASSERT_FALSE(r) << body;
    EXPECT_EQ(r.error().code, Errc::internal) << body;
  }
  EXPECT_TRUE(host->decode("x", "", "", "one")) << "the instance serves on";
}

TEST(PluginHostTest, StepReturnsActionAndState) {
  const auto host = host_of(awkward());
  PluginEvent event;
  event.body = "state";
  const auto r = host->step("x", HUB_CONVERSATION_DELIVER, "{}", std::string("a\0b", 3), event);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->state, std::string("a\0b", 3));
  EXPECT_EQ(r->action.kind, static_cast<std::uint32_t>(HUB_ACTION_DELIVERED));
  EXPECT_EQ(r->action.reference, "R");
}

TEST(PluginHostTest, NoPersonNumberLeavesThroughAnErrorText) {
  const auto host = host_of(awkward());
  const auto e = host->decode("x", "", "", "quotes").error();
  EXPECT_EQ(e.where, "/x?");
  EXPECT_EQ(e.message, "got ########-#### and ############");
  EXPECT_EQ(clean_plugin_text("byte 123456789", 14), "byte 123456789") << "places stay readable";
  EXPECT_EQ(clean_plugin_text("abc", 2), "ab");
}

TEST(PluginHostTest, ManyThreadsShareFewInstances) {
  auto o = options(kLib / "samband-template.so", "template");
  o.instances = 2;
  const auto host = host_of(o);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const auto id = std::to_string(t) + "-" + std::to_string(i);
        const auto r =
            host->decode("template", "application/json", "",
                         R"({"id":")" + id + R"(","sentAt":"2026-11-22T10:00:00Z","child":{},"concern":"x"})");
        if (r && parse_json(r->at(0))->at("id").as_string() == id) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 200);
}

}  // namespace
