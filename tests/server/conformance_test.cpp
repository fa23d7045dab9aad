// The cases of tests/conformance/*.yaml through Runtime::run. The other doors: tests/conformance/test_conformance.py.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "noetl/nats/runtime.hpp"
#include "support/server.hpp"
#include "support/subset.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::testing {
namespace {

struct NamedCase {
  std::string name;  ///< "kv: create on an existing key"
  Json source;
};

std::vector<NamedCase> all_cases() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(NN_CONFORMANCE_DIR))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<NamedCase> out;
  for (const auto& path : files) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    const auto document = yaml::read(text.str(), path.filename());
    if (!document) throw std::runtime_error(document.error().message);
    for (const auto& source : document->root) out.push_back({path.stem().string() + ": " + source.at("name").get<std::string>(), source});
  }
  return out;
}

class Conformance : public ::testing::TestWithParam<NamedCase> {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<Server>();
    runtime_ = std::make_unique<Runtime>(operations(), std::map<std::string, std::string>{});
  }
  static void TearDownTestSuite() {
    runtime_.reset();
    server_.reset();
  }
  void SetUp() override {
    const Json names = run("stream_list", Json::object())["streams"];
    for (const auto& name : names) run("stream_delete", {{"stream", name}});
  }

  static Json run(const std::string& operation, Json params) {
    const auto* found = operations().find(operation);
    if (params.is_null()) params = Json::object();
    for (auto& [name, value] : params.items())
      if (value == "$url") value = server_->url();
    if (found != nullptr && found->info.needs != Needs::nothing && !params.contains("url")) params["url"] = server_->url();
    return runtime_->run(operation, params);
  }

  /// One step {operation: params}, and what its result should hold.
  static void expect(const Json& step, const Json& wanted) {
    for (const auto& [operation, params] : step.items()) {
      if (operation == "is") continue;
      const Json result = run(operation, params);
      const auto wrong = differences(wanted, result);
      EXPECT_TRUE(wrong.empty()) << operation << ": " << fmt::format("{}", fmt::join(wrong, "; ")) << "\nresult: " << dump(result);
    }
  }

  static std::unique_ptr<Server> server_;
  static std::unique_ptr<Runtime> runtime_;
};
std::unique_ptr<Server> Conformance::server_;
std::unique_ptr<Runtime> Conformance::runtime_;

TEST_P(Conformance, Case) {
  const Json& source = GetParam().source;
  const Json nothing = Json::object();
  for (const auto& step : source.value("given", Json::array()))
    expect(step, step.contains("is") ? step["is"] : Json{{"error", "$absent"}});
  expect(source.at("when"), source.at("then"));
  for (const auto& step : source.value("and", Json::array())) expect(step, step.contains("is") ? step["is"] : nothing);
}

INSTANTIATE_TEST_SUITE_P(Door, Conformance, ::testing::ValuesIn(all_cases()), [](const auto& each) {
  std::string name = std::to_string(each.index) + "_";
  for (const char c : each.param.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace noetl::nats::testing
