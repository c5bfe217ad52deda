#include "agent/checks/http/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "agent/checks/http/curl_client.h"
#include "tests/testing/raw_server.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using smokemesh::testing::ClosedPort;
using smokemesh::testing::RawConnection;
using smokemesh::testing::RawServer;
using ::testing::HasSubstr;
using ::testing::Not;

using Clock = std::chrono::steady_clock;

class HttpClientTest : public ::testing::Test {
 protected:
  absl::StatusOr<HttpAnswer> Get(const std::string& url, Clock::duration timeout = 10s) {
    HttpCall call;
    call.url = url;
    return Send(call, timeout);
  }
  absl::StatusOr<HttpAnswer> Send(const HttpCall& call, Clock::duration timeout = 10s) {
    return client_->Send(call, {Clock::now() + timeout, &cancellation_});
  }

  shared::Cancellation cancellation_;
  std::unique_ptr<HttpClient> client_ = MakeCurlClient();
};

// An ordinary server on a free loopback port.
class WebServer {
 public:
  httplib::Server& routes() { return server_; }
  void Start() {
    server_.set_keep_alive_max_count(1);  // an idle connection would hold up its stop
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~WebServer() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int port() const { return port_; }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(HttpClientTest, SendsTheRequestAndReadsTheAnswer) {
  WebServer server;
  httplib::Request seen;
  server.routes().Patch("/x", [&](const httplib::Request& request, httplib::Response& response) {
    seen = request;
    response.status = 201;
    response.set_header("X-Two", "a b");
    response.set_content("hello", "text/plain");
  });
  server.Start();
  HttpCall call;
  call.method = "PATCH";
  call.url = server.Url("/x?q=1");
  call.headers = {{"X-One", "1"}, {"Content-Type", "application/json"}};
  call.body = std::string("{\"a\":\0}", 7);
  const auto answer = Send(call);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->reason, "Created");
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->url, call.url.substr(0, call.url.find('?')) + "?q=***");
  EXPECT_GT(answer->duration, 0s);
  EXPECT_THAT(answer->headers, ::testing::Contains(::testing::Pair("X-Two", "a b")));
  EXPECT_EQ(seen.body, *call.body);
  EXPECT_EQ(seen.get_header_value("X-One"), "1");
  EXPECT_FALSE(seen.has_header("Expect"));
  EXPECT_THAT(seen.get_header_value("User-Agent"), ::testing::StartsWith("smokemesh/"));
  EXPECT_EQ(seen.get_header_value("Content-Type"), "application/json");
}

TEST_F(HttpClientTest, SendsEveryMethodWithAndWithoutABody) {
  RawServer server([](RawConnection& connection) {
    const std::string request = connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nX-Request: " +
                    request.substr(0, request.find("\r\n")) + "\r\nContent-Length: 0\r\n\r\n");
  });
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    for (const bool with_body : {false, true}) {
      if (with_body && std::string_view(method) == "HEAD") continue;
      HttpCall call;
      call.method = method;
      call.url = server.Url("/p");
      if (with_body) call.body = "b";
      const auto answer = Send(call);
      ASSERT_TRUE(answer.ok()) << method << answer.status();
      EXPECT_THAT(answer->headers, ::testing::Contains(::testing::Pair(
                                       "X-Request", std::string(method) + " /p HTTP/1.1")));
    }
  }
}

TEST_F(HttpClientTest, SendsHeadersWithoutAValueToo) {
  std::string seen;
  RawServer server([&](RawConnection& connection) {
    seen = connection.ReadRequest();
    connection.Send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  HttpCall call;
  call.url = server.Url();
  call.headers = {{"X-Empty", ""}};
  ASSERT_TRUE(Send(call).ok());
  EXPECT_THAT(seen, HasSubstr("\r\nX-Empty:\r\n"));
}

TEST_F(HttpClientTest, KeepsTheConnectionWithinAChainUntilItDisconnects) {
  RawServer server([](RawConnection& connection) {
    while (!connection.ReadRequest().empty()) {
      connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  ASSERT_TRUE(Get(server.Url()).ok());
  ASSERT_TRUE(Get(server.Url()).ok());
  EXPECT_EQ(server.connections(), 1);
  client_->Disconnect();
  ASSERT_TRUE(Get(server.Url()).ok());
  EXPECT_EQ(server.connections(), 2);
  client_->Disconnect();
}

TEST_F(HttpClientTest, SaysWhoRefusedTheConnection) {
  const ClosedPort closed;
  const std::string where = "127.0.0.1:" + std::to_string(closed.port());
  const auto answer = Get("http://bob:canary@" + where + "/");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answer.status().message(), "connection refused by " + where);
}

TEST_F(HttpClientTest, SaysWhichNameDoesNotResolve) {
  const auto answer = Get("http://nothing.invalid/", 5s);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable) << answer.status();
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("nothing.invalid"));
}

TEST_F(HttpClientTest, GivesUpAtTheDeadlineOnAServerThatHangs) {
  RawServer server([](RawConnection& connection) { connection.WaitForEnd(); });
  const Clock::time_point start = Clock::now();
  const auto answer = Get(server.Url(), 300ms);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded) << answer.status();
  EXPECT_GE(Clock::now() - start, 290ms);
  EXPECT_LT(Clock::now() - start, 550ms);
}

TEST_F(HttpClientTest, GivesUpAtTheDeadlineOnASlowDrip) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (connection.Send("x")) std::this_thread::sleep_for(10ms);  // the drip
  });
  const Clock::time_point start = Clock::now();
  const auto answer = Get(server.Url(), 300ms);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded) << answer.status();
  EXPECT_LT(Clock::now() - start, 550ms);
}

TEST_F(HttpClientTest, SeesARequestThatMayChangeSomethingToItsEndWhenCancelled) {
  std::atomic<bool> asked = false;
  std::atomic<bool> cancelled = false;
  std::atomic<bool> answered = false;
  RawServer server([&](RawConnection& connection) {
    connection.ReadRequest();
    asked = true;
    while (!cancelled) std::this_thread::yield();
    answered = true;
    connection.Send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    connection.WaitForEnd();
  });
  std::thread canceller([&] {
    while (!asked) std::this_thread::yield();
    cancellation_.Cancel("enough");
    cancelled = true;
  });
  HttpCall call;
  call.method = "POST";
  call.url = server.Url();
  const auto answer = Send(call, 20s);
  EXPECT_TRUE(answered) << "cut off while the server was at it";
  canceller.join();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kCancelled) << answer.status();
}

TEST_F(HttpClientTest, StopsSoonWhenCancelled) {
  std::atomic<bool> asked = false;
  RawServer server([&](RawConnection& connection) {
    connection.ReadRequest();
    asked = true;
    connection.WaitForEnd();
  });
  Clock::time_point cancelled;
  std::thread canceller([&] {
    while (!asked) std::this_thread::yield();
    cancelled = Clock::now();
    cancellation_.Cancel("enough");
  });
  const auto answer = Get(server.Url(), 20s);
  const Clock::time_point end = Clock::now();
  canceller.join();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kCancelled) << answer.status();
  EXPECT_LT(end - cancelled, 250ms);
  EXPECT_EQ(Get(server.Url()).status().code(), absl::StatusCode::kCancelled);
}

struct Broken {
  const char* name;
  std::string answer;
  const char* message;
};
class BrokenAnswer : public HttpClientTest, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenAnswer, IsDataLoss) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send(GetParam().answer);
  });
  const auto answer = Get(server.Url());
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDataLoss) << answer.status();
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    HttpClient, BrokenAnswer,
    ::testing::Values(
        Broken{"truncated", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
               "cut short after 9 bytes"},
        Broken{"truncated_chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
               ""},
        Broken{"bad_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
               ""},
        Broken{"no_http", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "did not answer in HTTP"},
        Broken{"declared_too_large",
               "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + std::string(2'000'000, 'x'),
               "larger than 1 MiB"},
        Broken{"header_too_large", "HTTP/1.1 200 OK\r\nX: " + std::string(90'000, 'x') + "\r\n\r\n",
               "headers"}),
    [](const auto& broken) { return broken.param.name; });

TEST_F(HttpClientTest, StopsReadingAnEndlessBody) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
    while (connection.Send(chunk)) {
    }
  });
  const auto answer = Get(server.Url());
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDataLoss) << answer.status();
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("larger than 1 MiB"));
}

TEST_F(HttpClientTest, ReadsABodyOfExactlyTheLimit) {
  WebServer server;
  server.routes().Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(kLargestHttpBody, 'x'), "text/plain");
  });
  server.Start();
  const auto answer = Get(server.Url("/"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body.size(), kLargestHttpBody);
}

TEST_F(HttpClientTest, StopsReadingAFloodOfHeadersAndOfInterimAnswers) {
  for (const char* endless : {"X-More: more\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"}) {
    RawServer server([&](RawConnection& connection) {
      connection.ReadRequest();
      if (endless[0] == 'X') connection.Send("HTTP/1.1 200 OK\r\n");
      while (connection.Send(endless)) {
      }
    });
    const auto answer = Get(server.Url());
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kDataLoss) << answer.status();
    EXPECT_THAT(std::string(answer.status().message()), HasSubstr("headers"));
  }
}

TEST_F(HttpClientTest, TellsAServerThatSaysNothingFromOneThatBreaksOff) {
  RawServer silent([](RawConnection& connection) { connection.ReadRequest(); });
  const auto nothing = Get(silent.Url());
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kUnavailable) << nothing.status();
  EXPECT_THAT(std::string(nothing.status().message()), HasSubstr("without an answer"));
  RawServer rude([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Reset();
  });
  const auto reset = Get(rude.Url());
  EXPECT_EQ(reset.status().code(), absl::StatusCode::kUnavailable) << reset.status();
}

TEST_F(HttpClientTest, RefusesAddressesOfMetadataServicesHoweverTheyAreWritten) {
  for (const char* host : {"169.254.169.254", "2852039166", "0xa9fea9fe",
                           "[::ffff:169.254.169.254]", "[fe80::1]", "0251.0376.0251.0376"}) {
    const auto answer = Get(std::string("http://") + host + "/latest/meta-data/", 5s);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition)
        << host << " " << answer.status();
  }
}

TEST_F(HttpClientTest, RefusesOtherSchemesAndMalformedUrls) {
  for (const char* url : {"file:///etc/passwd", "gopher://127.0.0.1/", "http://", "http://a b/",
                          "http://[::1/", "ftp://127.0.0.1/"}) {
    EXPECT_EQ(Get(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST_F(HttpClientTest, IgnoresTheProxyOfTheEnvironment) {
  const ClosedPort closed;
  const std::string proxy = "http://127.0.0.1:" + std::to_string(closed.port());
  setenv("http_proxy", proxy.c_str(), 1);
  setenv("ALL_PROXY", proxy.c_str(), 1);
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto answer = Get(server.Url());
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  EXPECT_TRUE(answer.ok()) << answer.status();
}

class RedirectTest : public HttpClientTest {
 protected:
  RedirectTest() {
    const auto to = [](std::string where, int status) {
      return [=](const httplib::Request&, httplib::Response& response) {
        response.status = status;
        response.set_header("Location", where);
      };
    };
    server_.routes().Get("/end", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("the end", "text/plain");
    });
    server_.routes().Get("/1", to("/2", 302));
    server_.routes().Get("/2", to("3", 301));
    server_.routes().Get("/3", to("/end", 307));
    server_.routes().Get("/0", to("/1", 308));
    server_.routes().Get("/loop", to("/loop", 302));
    server_.routes().Get("/off", to("http://localhost:1/", 302));
    server_.routes().Get("/metadata", to("http://169.254.169.254/", 302));
    server_.routes().Get("/file", to("file:///etc/passwd", 302));
    server_.routes().Get("/port", to("http://127.0.0.1:1/", 302));
    server_.routes().Post("/form", to("/end", 303));
    server_.Start();
  }

  absl::StatusOr<HttpAnswer> Follow(const std::string& path, const std::string& method = "GET") {
    HttpCall call;
    call.url = server_.Url(path);
    call.method = method;
    call.follow_redirects = true;
    if (method == "POST") call.body = "x";
    return Send(call);
  }

  WebServer server_;
};

TEST_F(RedirectTest, AreNotFollowedUnlessAsked) {
  const auto answer = Get(server_.Url("/1"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(answer->note, "");
}

TEST_F(RedirectTest, AreFollowedThreeTimes) {
  const auto three = Follow("/1");
  ASSERT_TRUE(three.ok()) << three.status();
  EXPECT_EQ(three->body, "the end");
  EXPECT_EQ(three->url, server_.Url("/end"));
  const auto four = Follow("/0");
  ASSERT_TRUE(four.ok()) << four.status();
  EXPECT_EQ(four->status, 307);
  EXPECT_THAT(four->note, HasSubstr("more than 3 redirects"));
  EXPECT_EQ(Follow("/loop")->status, 302);
}

TEST_F(RedirectTest, AfterAPostIsAGet) {
  const auto answer = Follow("/form", "POST");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "the end");
}

TEST_F(RedirectTest, StayOnTheHost) {
  for (const char* path : {"/off", "/metadata", "/file", "/port"}) {
    const auto answer = Follow(path);
    ASSERT_TRUE(answer.ok()) << path << answer.status();
    EXPECT_EQ(answer->status, 302) << path;
    EXPECT_THAT(answer->note, HasSubstr("not followed")) << path;
  }
}

}  // namespace
}  // namespace smokemesh::agent
