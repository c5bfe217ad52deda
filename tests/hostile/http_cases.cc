// HTTP servers that mean harm.

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/hostile/hostile_case.h"

namespace smokemesh::testing {
namespace {

using std::chrono::milliseconds;

constexpr char kFound[] = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ";

// Says `text` after each request, then nothing.
Script Say(std::string text) {
  return [text = std::move(text)](RawConnection& peer) {
    peer.ReadRequest();
    peer.Send(text);
    peer.WaitForEnd();
  };
}

// Says `text` and ends the connection.
Script SayAndLeave(std::string text) {
  return [text = std::move(text)](RawConnection& peer) {
    peer.ReadRequest();
    peer.Send(text);
  };
}

// Says `first`, then `again` for ever.
Script Flood(std::string first, std::string_view again) {
  std::string block;
  while (block.size() < 16'384) block += again;
  return [first = std::move(first), block = std::move(block)](RawConnection& peer) {
    peer.ReadRequest();
    if (!peer.Send(first)) return;
    while (peer.Send(block)) {
    }
  };
}

// Says `first`, then one byte of `again` every 20 ms.
Script Drip(std::string first, std::string again) {
  return [first = std::move(first), again = std::move(again)](RawConnection& peer) {
    peer.ReadRequest();
    if (!peer.Send(first)) return;
    for (size_t i = 0; peer.Pause(milliseconds(20)); ++i) {
      if (!peer.Send(again.substr(i % again.size(), 1))) return;
    }
  };
}

HostileCase Row(std::string name, std::string what, std::string says, Script serve) {
  HostileCase row;
  row.name = "http_" + std::move(name);
  row.what = std::move(what);
  row.says = std::move(says);
  row.serve = std::move(serve);
  row.connection = R"(http: "http://{target}")";
  row.steps = R"(http: {steps: [{request: {url: /}, expect: [status == 200]}]})";
  return row;
}

HostileCase Passing(HostileCase row) {
  row.outcome = v1::OUTCOME_PASSED;
  return row;
}

HostileCase Tls(HostileCase row) {
  row.connection = R"(http: "https://{target}")";
  return row;
}

// A redirect that must not be followed.
HostileCase Redirect(std::string name, std::string what, const std::string& location,
                     std::string says = "not followed") {
  HostileCase row = Row("redirect_" + std::move(name), "redirects to " + std::move(what),
                        std::move(says), Say(absl::StrCat(kFound, location, "\r\n\r\n")));
  row.steps =
      R"(http: {steps: [{request: {url: /, follow_redirects: true}, expect: [status == 200]}]})";
  row.most_connections = 1;
  return row;
}

HostileCase Chain(std::string name, std::string what, bool grows) {
  HostileCase row =
      Row(std::move(name), std::move(what), "more than 3 redirects", [grows](RawConnection& peer) {
        for (int i = 0; !peer.ReadRequest().empty(); ++i) {
          peer.Send(absl::StrCat(kFound, "/", grows ? i : 0, "\r\n\r\n"));
        }
      });
  row.steps =
      R"(http: {steps: [{request: {url: /, follow_redirects: true}, expect: [status == 200]}]})";
  return row;
}

// Deflate of nothing but zeros; only its size matters, for nobody may unpack it.
std::string Bomb() {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n",
                      std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", 10));
}

}  // namespace

std::vector<HostileCase> HttpCases() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  std::vector<HostileCase> rows = {
      Row("refused", "nothing listens", "connection refused by", nullptr),
      Row("silent", "takes the request and says nothing", "no answer after ", Say("")),
      Row("closes", "ends the connection without an answer", "without an answer", SayAndLeave("")),
      Row("resets", "resets the connection", "reset",
          [](RawConnection& peer) {
            peer.ReadRequest();
            peer.Reset();
          }),
      Row("late", "answers after the time is over", "no answer after ",
          [](RawConnection& peer) {
            peer.ReadRequest();
            peer.Pause(kTooLate);
            peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          }),
      Row("ssh", "speaks another protocol", "did not answer in HTTP",
          SayAndLeave("SSH-2.0-OpenSSH_9.2\r\n")),
      Row("http_0_9", "answers as HTTP/0.9, without headers", "did not answer in HTTP",
          SayAndLeave("<html>hello</html>")),
      Row("status_word", "status line without a number", "did not answer in HTTP",
          SayAndLeave("HTTP/1.1 fine OK\r\nContent-Length: 0\r\n\r\n")),
      Row("status_999", "status 999", "999", SayAndLeave("HTTP/1.1 999 No\r\n\r\n")),
      Row("truncated", "body shorter than Content-Length", "cut short",
          SayAndLeave(ok + "Content-Length: 1000\r\n\r\nhalf")),
      Row("truncated_chunk", "ends in the middle of a chunk", "cut short",
          SayAndLeave(ok + "Transfer-Encoding: chunked\r\n\r\n400\r\nhalf")),
      Row("half_then_silence", "half of the body, then silence", "no answer after",
          Say(ok + "Content-Length: 1000\r\n\r\nhalf")),
      Row("endless_chunks", "chunks without end", "larger than",
          Flood(ok + "Transfer-Encoding: chunked\r\n\r\n", "10\r\n0123456789abcdef\r\n")),
      Row("endless_body", "a body without length and end", "larger than",
          Flood(ok + "\r\n", "0123456789abcdef")),
      Row("huge_length", "Content-Length of an exabyte, and a flood", "larger than",
          Flood(ok + "Content-Length: 1152921504606846976\r\n\r\n", "0123456789abcdef")),
      Row("chunk_size_overflow", "a chunk of 2^68 bytes", "",
          Flood(ok + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", "x")),
      Row("chunk_garbage", "a chunk whose size is no number", "",
          Say(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n")),
      Passing(Row("gzip_bomb", "compressed body: it is not unpacked", "", Say(Bomb()))),
      Row("header_flood", "headers without end", "header",
          Flood(ok, "X-Flood: 0123456789abcdef0123456789abcdef\r\n")),
      Row("endless_header", "one header line without end", "", Flood(ok + "X: ", "0123456789")),
      Row("endless_interim", "1xx answers without end", "header",
          Flood("", "HTTP/1.1 103 Early Hints\r\n\r\n")),
      Row("drip_headers", "a byte of headers every 20 ms", "no answer after",
          Drip("", "HTTP/1.1 200 OK\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
      Row("drip_body", "a byte of the body every 20 ms", "no answer after",
          Drip(ok + "Content-Length: 100000\r\n\r\n", "x")),
      Row("bad_length", "Content-Length that is no number", "",
          Say(ok + "Content-Length: many\r\n\r\n")),
      Row("negative_length", "negative Content-Length", "", Say(ok + "Content-Length: -5\r\n\r\n")),
      Row("nul_header", "a zero byte in a header", "",
          Say(ok + std::string("X: a\0b\r\nContent-Length: 0\r\n\r\n", 30))),
      Row("control_status", "control characters and a forged log line in the reason", "500",
          Say("HTTP/1.1 500 \x1b[2Jno\x07\r\nX-A: \x1b]0;x\x07\r\nContent-Length: 0\r\n\r\n")),
      Row("upgrade", "switches to a protocol that nobody asked for", "",
          Say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")),
      Chain("redirect_loop", "redirects to itself", false),
      Chain("redirect_chain", "redirects without end", true),
      Redirect("off_host", "another host", "http://{trap}/"),
      Redirect("metadata", "a metadata address", "http://169.254.169.254/latest/"),
      Redirect("metadata_decimal", "a metadata address as one number", "http://2852039166/"),
      Redirect("metadata_hex", "a metadata address in hex", "http://0xa9fea9fe/"),
      Redirect("metadata_octal", "a metadata address in octal", "http://0251.0376.0251.0376/"),
      Redirect("metadata_mapped", "a metadata address in IPv6", "http://[::ffff:169.254.169.254]/"),
      Redirect("metadata_user", "a metadata address behind a user name",
               "http://127.0.0.1@169.254.169.254/"),
      Redirect("metadata_no_scheme", "a metadata address without scheme", "//169.254.169.254/"),
      Redirect("file", "a file", "file:///etc/passwd", ""),
      Redirect("gopher", "another protocol", "gopher://127.0.0.1:6379/_FLUSHALL", ""),
      Redirect("other_port", "another port", "http://127.0.0.1:1/"),
      Redirect("empty", "nowhere", "", ""),
      Redirect("backslash", "a host behind backslashes", "http:\\\\169.254.169.254\\", ""),
      Tls(Row("tls_plain", "plain HTTP on a TLS port", "TLS with",
              [](RawConnection& peer) {
                peer.ReadSome();
                peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
                peer.WaitForEnd();
              })),
      Tls(Row("tls_silent", "never answers the handshake", "no answer after",
              [](RawConnection& peer) { peer.WaitForEnd(); })),
      Tls(Row("tls_garbage", "garbage instead of a handshake", "TLS with",
              [](RawConnection& peer) {
                peer.ReadSome();
                peer.Send(std::string(4096, '\xff'));
                peer.WaitForEnd();
              })),
      Tls(Row("tls_alert", "refuses the handshake", "TLS with",
              [](RawConnection& peer) {
                peer.ReadSome();
                peer.Send(std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
                peer.WaitForEnd();
              })),
      Tls(Row("tls_half", "half a handshake record, then silence", "no answer after",
              [](RawConnection& peer) {
                peer.ReadSome();
                peer.Send(std::string("\x16\x03\x03\x40\x00\x02\x00\x00", 8));
                peer.WaitForEnd();
              })),
  };
  HostileCase alt_svc = Passing(
      Row("alt_svc", "Alt-Svc to another host: nobody goes there", "", [](RawConnection& peer) {
        while (!peer.ReadRequest().empty()) {
          if (!peer.Send("HTTP/1.1 200 OK\r\nAlt-Svc: h2=\"127.0.0.2:1\"\r\n"
                         "Content-Length: 0\r\n\r\n")) {
            return;
          }
        }
      }));
  alt_svc.steps =
      R"(http: {steps: [{request: {url: /}}, {request: {url: /}, expect: [status == 200]}]})";
  rows.push_back(std::move(alt_svc));
  HostileCase json = Row("deep_json", "JSON that is nested 100,000 deep", "",
                         Say(ok + "Content-Length: 100000\r\n\r\n" + std::string(100'000, '[')));
  json.steps = R"(http: {steps: [{request: {url: /}, expect: [json /a == 1]}]})";
  rows.push_back(std::move(json));
  HostileCase regex =
      Row("regex", "a body made for a slow regular expression", "",
          Say(ok + "Content-Length: 100001\r\n\r\n" + std::string(100'000, 'a') + "!"));
  regex.steps = R"(http: {steps: [{request: {url: /}, expect: ["body matches ^(a+)+$"]}]})";
  rows.push_back(std::move(regex));
  HostileCase capture =
      Passing(Row("capture", "a megabyte in a captured value: it goes nowhere else", "",
                  Say(ok + "Content-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'x'))));
  capture.steps = R"(http: {steps: [{request: {url: /}, capture: {all: {query: body}}}]})";
  capture.timeout = milliseconds(2000);
  rows.push_back(std::move(capture));
  HostileCase hole =
      Row("black_hole", "nothing answers the connection", "no answer after", nullptr);
  hole.connection = R"(http: "http://{hole}")";
  rows.push_back(std::move(hole));
  return rows;
}

}  // namespace smokemesh::testing
