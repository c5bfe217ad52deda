// Redis servers that mean harm.

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/hostile/hostile_case.h"

namespace smokemesh::testing {
namespace {

using std::chrono::milliseconds;

constexpr char kPong[] = "+PONG\r\n";

// Answers the PING of the login, reads one command, then does `then`.
Script AfterLogin(Script then) {
  return [then = std::move(then)](RawConnection& peer) {
    if (peer.ReadSome().empty() || !peer.Send(kPong) || peer.ReadSome().empty()) return;
    then(peer);
  };
}

Script Say(std::string text) {
  return AfterLogin([text = std::move(text)](RawConnection& peer) {
    peer.Send(text);
    peer.WaitForEnd();
  });
}

Script Flood(std::string first, std::string_view again) {
  std::string block;
  while (block.size() < 16'384) block += again;
  return AfterLogin([first = std::move(first), block = std::move(block)](RawConnection& peer) {
    if (!peer.Send(first)) return;
    while (peer.Send(block)) {
    }
  });
}

HostileCase Row(std::string name, std::string what, std::string says, Script serve) {
  HostileCase row;
  row.name = "redis_" + std::move(name);
  row.what = std::move(what);
  row.says = std::move(says);
  row.serve = std::move(serve);
  row.connection = R"(redis: "redis://{target}/0")";
  row.steps = R"(redis: {steps: [{command: [GET, k], expect: [reply == v]}]})";
  return row;
}

HostileCase Listening(HostileCase row, const std::string& receive) {
  row.steps =
      absl::StrCat("redis: {steps: [{command: [SUBSCRIBE, ch]}, {receive: ", receive, "}]}");
  return row;
}

HostileCase Tls(HostileCase row) {
  row.connection = R"(redis: "rediss://{target}/0")";
  return row;
}

std::string Repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

constexpr char kSubscribed[] = "*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n";
constexpr char kMessage[] = "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$4\r\nspam\r\n";

}  // namespace

std::vector<HostileCase> RedisCases() {
  HostileCase hole =
      Row("black_hole", "nothing answers the connection", "did not accept the connection", nullptr);
  hole.connection = R"(redis: "redis://{hole}/0")";
  HostileCase scan = Row("endless_scan", "a list of keys without end", "the keys of the channel",
                         [](RawConnection& peer) {
                           constexpr size_t kKey = 900'000;
                           for (char c = 'a';;) {
                             std::string command = peer.ReadSome();
                             if (command.empty()) return;
                             const bool is_get = command.find("GET") != std::string::npos;
                             while (is_get && command.size() < kKey) {
                               const std::string more = peer.ReadSome();
                               if (more.empty()) return;
                               command += more;
                             }
                             if (command.find("SCAN") == std::string::npos) {
                               peer.Send(is_get ? "$-1\r\n" : kPong);
                             } else {
                               peer.Send(absl::StrCat("*2\r\n$1\r\n1\r\n*1\r\n$", kKey, "\r\n",
                                                      std::string(kKey, c++), "\r\n"));
                             }
                           }
                         });
  scan.steps = R"(event_bus: {steps: [{history: {channel: ch}}]})";
  scan.timeout = milliseconds(5000);
  return {
      hole,
      scan,
      Row("refused", "nothing listens", "connection refused by", nullptr),
      Row("silent", "takes the connection and says nothing", "did not answer PING",
          [](RawConnection& peer) { peer.WaitForEnd(); }),
      Row("closes", "ends the connection at once", "closed the connection",
          [](RawConnection& peer) { peer.ReadSome(); }),
      Row("resets", "resets the connection", "",
          [](RawConnection& peer) {
            peer.ReadSome();
            peer.Reset();
          }),
      Row("no_answer", "answers the login and no command", "did not answer GET", Say("")),
      Row("late", "answers after the time is over", "did not answer GET",
          AfterLogin([](RawConnection& peer) {
            peer.Pause(kTooLate);
            peer.Send("$1\r\nv\r\n");
          })),
      Row("http", "speaks HTTP", "not Redis' protocol", Say("HTTP/1.1 400 Bad Request\r\n\r\n")),
      Row("wrong_type", "a reply of no known type", "not Redis' protocol", Say("?what\r\n")),
      Row("resp3", "a reply of a newer protocol", "not Redis' protocol", Say("%1\r\n+a\r\n+b\r\n")),
      Row("inline_garbage", "bytes without end and without lines", "not Redis' protocol",
          Flood("", "ABCDEFGH")),
      Row("endless_status", "one status line without end", "larger than", Flood("+", "ABCDEFGH")),
      Row("huge_array", "an array of 2147483647 elements", "more than 10000 elements",
          Say("*2147483647\r\n")),
      Row("huge_string", "a string of 2147483647 bytes, and a flood", "larger than",
          Flood("$2147483647\r\n", "x")),
      Row("huge_string_silence", "a string of 2147483647 bytes, and silence", "did not answer GET",
          Say("$2147483647\r\n")),
      Row("many_arrays", "arrays of arrays, 100,000,000 elements in all",
          "more than 10000 elements", Say("*10000\r\n" + Repeated("*10000\r\n", 10'000))),
      Row("deep_nesting", "arrays nested 100,000 deep", "not Redis' protocol",
          Say(Repeated("*1\r\n", 100'000))),
      Row("negative_string", "a string of -5 bytes", "not Redis' protocol", Say("$-5\r\n")),
      Row("negative_array", "an array of -9 elements", "not Redis' protocol", Say("*-9\r\n")),
      Row("length_overflow", "a length beyond 64 bits", "not Redis' protocol",
          Say("$99999999999999999999\r\n")),
      Row("integer_overflow", "a number beyond 64 bits", "not Redis' protocol",
          Say(":99999999999999999999\r\n")),
      Row("length_word", "a length that is no number", "not Redis' protocol", Say("$many\r\n")),
      Row("half_reply", "half a reply, then silence", "did not answer GET", Say("$10\r\nhalf")),
      Row("half_reply_closes", "half a reply, then the end", "closed the connection",
          AfterLogin([](RawConnection& peer) { peer.Send("$10\r\nhalf"); })),
      Row("drip", "a byte every 20 ms", "did not answer GET", AfterLogin([](RawConnection& peer) {
            peer.Send("$1000\r\n");
            while (peer.Pause(milliseconds(20)) && peer.Send("x")) {
            }
          })),
      Row("login_error_flood", "errors without end at the login", "refused the session",
          [](RawConnection& peer) {
            peer.ReadSome();
            while (peer.Send(Repeated("-ERR go away\r\n", 1000))) {
            }
          }),
      Row("error_flood", "errors without end to a command", "go away",
          Flood("", "-ERR go away\r\n")),
      Row("unasked_replies", "more replies than commands: none answers a later command",
          "a reply that nobody asked for",
          [](RawConnection& peer) {
            peer.ReadSome();
            peer.Send("+PONG\r\n$1\r\nv\r\n");
            peer.WaitForEnd();
          }),
      Row("moved", "sends us to another server: nobody goes there", "MOVED 1 127.0.0.2:1",
          Say("-MOVED 1 127.0.0.2:1\r\n")),
      Row("forged_line", "control characters in a reply", "",
          Say("$20\r\na\x1b[2J\nlevel=info ok\r\r\n")),
      Row("forged_error", "control characters in an error", "", Say("-ERR \x1b[2J\x07 x\r\n")),
      Listening(Row("message_flood", "messages without end that nobody waits for",
                    "wait to be received", Flood(kSubscribed, kMessage)),
                R"({count: 1, within: 100ms, where: [text == wanted]})"),
      Listening(Row("message_flood_wanted", "more messages than a step may take", "more than 10000",
                    Flood(kSubscribed, kMessage)),
                R"({count: 100000, within: 10s})"),
      Listening(
          Row("message_too_large", "a message of a gigabyte", "larger than",
              Flood(absl::StrCat(kSubscribed, "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$1073741824\r\n"),
                    "x")),
          R"({count: 1, within: 10s})"),
      Listening(Row("not_confirmed", "messages without end and no confirmation", "subscription",
                    Flood("", kMessage)),
                R"({count: 1})"),
      Listening(Row("dead_subscription", "confirms, and does not answer PING afterwards",
                    "did not answer PING", Say(kSubscribed)),
                R"({count: 1, within: 50ms})"),
      Listening(Row("wrong_confirmation", "confirms something else", "confirms no channel",
                    Say("*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n$1\r\n1\r\n")),
                R"({count: 1, within: 50ms})"),
      Tls(Row("tls_plain", "plain text on a TLS port", "TLS with",
              [](RawConnection& peer) {
                peer.ReadSome();
                peer.Send("-ERR unknown command\r\n");
                peer.WaitForEnd();
              })),
      Tls(Row("tls_silent", "never answers the handshake", "TLS handshake",
              [](RawConnection& peer) { peer.WaitForEnd(); })),
      Tls(Row("tls_flood", "handshake records without end", "",
              [](RawConnection& peer) {
                peer.ReadSome();
                while (peer.Send(Repeated(std::string_view("\x16\x03\x03\x00\x00", 5), 1000))) {
                }
              })),
  };
}

}  // namespace smokemesh::testing
