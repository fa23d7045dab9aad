#include "deploy/instance.hpp"

#include <sys/stat.h>

#include <fstream>

#include "support/matchers.hpp"
#include "support/temporary_directory.hpp"

namespace noetl::nats::deploy {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;

class InstanceTest : public ::testing::Test {
 protected:
  [[nodiscard]] Paths paths(const std::string& name) const { return paths_of(name, environment).value(); }
  [[nodiscard]] static Record record(const std::string& name) {
    Record record;
    record.instance = name;
    record.urls = {"nats://127.0.0.1:4222"};
    record.user = "noetl";
    record.password = Secret("a \"b\" \\ ü");
    record.process = sys::ProcessId{4711, 99, "boot"};
    return record;
  }

  testing::TemporaryDirectory home;
  Environment environment{{{"XDG_DATA_HOME", home.path().string()}}};
};

TEST_F(InstanceTest, ARecordComesBackAsItWasSaved) {
  ASSERT_OK(save_record(record("a"), paths("a")));
  const auto loaded = load_record("a", environment);
  ASSERT_OK(loaded);
  ASSERT_TRUE(loaded->has_value());
  EXPECT_EQ((*loaded)->urls, record("a").urls);
  EXPECT_EQ((*loaded)->password, record("a").password);
  EXPECT_EQ((*loaded)->process, record("a").process);
}

TEST_F(InstanceTest, OnlyTheUserMayReadTheRecord) {
  ASSERT_OK(save_record(record("a"), paths("a")));
  struct stat info {};
  ASSERT_EQ(stat(paths("a").record.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(paths("a").directory.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(InstanceTest, NothingIsThereBeforeADeploy) {
  const auto loaded = load_record("a", environment);
  ASSERT_OK(loaded);
  EXPECT_FALSE(loaded->has_value());
}

TEST_F(InstanceTest, WithoutAHomeThereIsNoInstance) {
  const auto loaded = load_record("a", Environment{});
  ASSERT_OK(loaded);
  EXPECT_FALSE(loaded->has_value());
}

TEST_F(InstanceTest, AnUndeployedInstanceIsKnownButNotDeployed) {
  Record gone = record("a");
  gone.deployed = false;
  ASSERT_OK(save_record(gone, paths("a")));
  EXPECT_FALSE(load_record("a", environment).value().has_value());
  EXPECT_TRUE(load_any_record(paths("a")).value().has_value());
}

TEST_F(InstanceTest, InstancesAreListedByNameAndBrokenOnesLeftOut) {
  ASSERT_OK(save_record(record("b"), paths("b")));
  ASSERT_OK(save_record(record("a"), paths("a")));
  ASSERT_OK(save_record(record("c"), paths("c")));
  std::ofstream(paths("c").record) << "{\"instance\":";
  const auto records = list_records(environment);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].instance, "a");
  EXPECT_EQ(records[1].instance, "b");
}

TEST_F(InstanceTest, ABrokenRecordIsNamed) {
  ASSERT_OK(save_record(record("a"), paths("a")));
  std::ofstream(paths("a").record) << "[]";
  const auto loaded = load_record("a", environment);
  ASSERT_THAT(loaded, FailsWith(Code::failed_precondition));
  EXPECT_THAT(loaded.error().message, HasSubstr(paths("a").record.string()));
}

TEST_F(InstanceTest, NamesCannotLeaveTheFolder) {
  for (const std::string name : {"", "..", "a/b", "a b", ".hidden"})
    EXPECT_THAT(paths_of(name, environment), FailsWith(Code::invalid_argument)) << name;
  EXPECT_THAT(paths_of(std::string(65, 'a'), environment), FailsWith(Code::invalid_argument));
}

}  // namespace
}  // namespace noetl::nats::deploy
