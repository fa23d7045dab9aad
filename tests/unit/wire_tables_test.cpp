// The tables and checks of wire that need no server.
#include <nats/nats.h>

#include <set>

#include "support/matchers.hpp"
#include "wire/nkeys.hpp"
#include "wire/options.hpp"
#include "wire/status.hpp"
#include "wire/url.hpp"

namespace noetl::nats::wire {
namespace {

using testing::FailsWith;

TEST(StatusTable, MapsEveryStatusOfTheLibrary) {
  for (int status = NATS_ERR; status <= NATS_MISSED_HEARTBEAT; ++status)
    EXPECT_TRUE(mapped_status(status)) << status << " " << status_text(status);
  EXPECT_EQ(code_of_status(NATS_CONNECTION_AUTH_FAILED), Code::unauthenticated);
  EXPECT_EQ(code_of_status(9999), Code::internal);
}

TEST(ApiErrors, AreDecidedByErrCodeThenByClass) {
  EXPECT_EQ(code_of_api_error(400, 10071), Code::conflict);
  EXPECT_EQ(code_of_api_error(400, 10164), Code::conflict);
  EXPECT_EQ(code_of_api_error(404, 10059), Code::not_found);
  EXPECT_EQ(code_of_api_error(503, 10077), Code::resource_exhausted);
  EXPECT_EQ(code_of_api_error(400, 10098), Code::failed_precondition);
  EXPECT_EQ(code_of_api_error(404, 99999), Code::not_found);
  EXPECT_EQ(code_of_api_error(503, 99999), Code::unavailable);
  EXPECT_EQ(code_of_api_error(500, 99999), Code::internal);
  const Error error = api_error({{"code", 404}, {"err_code", 10059}, {"description", "stream not found"}});
  EXPECT_EQ(error.details["nats"]["err_code"], 10059);
  EXPECT_TRUE(api_error({{"code", 429}, {"err_code", 10167}, {"description", "too many requests"}}).can_retry());
}

TEST(Codes, HaveNamesAndExitStatuses) {
  std::set<std::string_view> names;
  for (const Code code : all_codes()) {
    names.insert(name_of(code));
    EXPECT_EQ(code_from(name_of(code)), code);
    EXPECT_NE(exit_status(code), 0);
  }
  EXPECT_EQ(names.size(), all_codes().size());
  EXPECT_EQ(exit_status(Code::unavailable), 8);
}

TEST(Urls, ShortAndLongForms) {
  EXPECT_EQ(parse_url("localhost")->address(), "localhost:4222");
  EXPECT_EQ(parse_url(" NATS://h:1234/path ")->address(), "h:1234");
  EXPECT_EQ(parse_url("nats://[::1]:4333")->address(), "[::1]:4333");
  EXPECT_TRUE(parse_url("tls://h")->tls);
  const auto login = parse_url("nats://u%40x:p%3Aw@h:1");
  ASSERT_OK(login);
  EXPECT_EQ(login->user, "u@x");
  EXPECT_EQ(login->password.reveal(), "p:w");
  EXPECT_EQ(parse_url("nats://t0k@h")->password.reveal(), "t0k");
}

TEST(Urls, ErrorsShowNoLogin) {
  for (const auto* text : {"http://u:s3cret@h", "nats://u:s3cret@h:99999", "nats://u:s3cret@", "ws://u:s3cret@h", "nats://u:s3cret@a b"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().message.find("s3cret"), std::string::npos) << url.error().message;
  }
}

TEST(Options, HalfPairsAndUnusableOnesAreRefused) {
  Options options;
  EXPECT_THAT(checked(options), FailsWith(Code::invalid_argument));
  options.servers = {"nats://h"};
  EXPECT_TRUE(checked(options).has_value());
  options.user = "u";
  EXPECT_THAT(checked(options), FailsWith(Code::invalid_argument));
  options.token = Secret("t");  // a token wins
  EXPECT_TRUE(checked(options).has_value());
  options.tls.cert = "c.pem";
  EXPECT_THAT(checked(options), FailsWith(Code::invalid_argument));
  options.tls.cert.clear();
  options.tls.first = true;
  EXPECT_THAT(checked(options), FailsWith(Code::unimplemented));
}

TEST(Options, ATlsUrlOrAnyTlsParameterRequiresTls) {
  Options options;
  options.servers = {"tls://h"};
  EXPECT_TRUE(checked(options)->tls.required);
  options.servers = {"nats://h"};
  EXPECT_FALSE(checked(options)->tls.required);
  options.tls.ca = "ca.pem";
  EXPECT_TRUE(checked(options)->tls.required);
}

TEST(Options, AConnectionIsSharedByEqualsOnly) {
  Options a, b;
  a.servers = b.servers = {"nats://h"};
  b.connect_timeout *= 2;
  EXPECT_TRUE(may_share(a, b));
  b.password = Secret("x");
  EXPECT_FALSE(may_share(a, b));
}

TEST(NKeys, PublicKeyOfASeed) {
  // The example pair of the nkeys documentation of NATS.
  const Secret seed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY");
  const auto key = public_key_of(seed);
  ASSERT_OK(key);
  EXPECT_EQ(*key, "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
  EXPECT_THAT(public_key_of(Secret("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VA")), FailsWith(Code::invalid_argument));
  EXPECT_THAT(public_key_of(Secret("")), FailsWith(Code::invalid_argument));
}

TEST(Creds, BothBlocksAreNeeded) {
  const auto creds =
      parse_creds(Secret("-----BEGIN NATS USER JWT-----\neyJ-_.x.y\n------END NATS USER JWT------\n\n"
                         "-----BEGIN USER NKEY SEED-----\nSUAXYZ\n------END USER NKEY SEED------\n"));
  ASSERT_OK(creds);
  EXPECT_EQ(creds->jwt.reveal(), "eyJ-_.x.y");
  EXPECT_EQ(creds->seed.reveal(), "SUAXYZ");
  EXPECT_THAT(parse_creds(Secret("nothing")), FailsWith(Code::invalid_argument));
}

}  // namespace
}  // namespace noetl::nats::wire
