// PostgreSQL servers that mean harm.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/hostile/hostile_case.h"

namespace smokemesh::testing {
namespace {

using std::chrono::milliseconds;

std::string Number(uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>((value >> shift) & 0xff);
  }
  return text;
}

// A message of the protocol, version 3.
std::string Message(char type, const std::string& payload) {
  return type + Number(static_cast<uint32_t>(payload.size()) + 4, 4) + payload;
}

std::string Text(std::string_view text) { return std::string(text) + '\0'; }

std::string Setting(std::string_view name, std::string_view value) {
  return Message('S', Text(name) + Text(value));
}

std::string Columns(int count) {
  std::string payload = Number(static_cast<uint32_t>(count), 2);
  for (int i = 0; i < count; ++i) {
    payload += Text("c") + Number(0, 4) + Number(0, 2) + Number(25, 4) + Number(0xffff, 2) +
               Number(0xffffffff, 4) + Number(0, 2);
  }
  return Message('T', payload);
}

std::string Row(const std::vector<std::optional<std::string>>& fields) {
  std::string payload = Number(static_cast<uint32_t>(fields.size()), 2);
  for (const auto& field : fields) {
    payload += field.has_value() ? Number(static_cast<uint32_t>(field->size()), 4) + *field
                                 : Number(0xffffffff, 4);
  }
  return Message('D', payload);
}

std::string Problem(char type, std::string_view sqlstate, std::string_view text) {
  return Message(type, "S" + Text(type == 'E' ? "ERROR" : "NOTICE") + "C" + Text(sqlstate) + "M" +
                           Text(text) + '\0');
}

std::string Ready() { return Message('Z', "I"); }
std::string Done() { return Message('C', Text("SELECT 1")); }
std::string Parsed() { return Message('1', "") + Message('2', ""); }
std::string LetIn() { return Message('R', Number(0, 4)); }
std::string Settings() {
  return Setting("server_version", "15.4") + Setting("client_encoding", "UTF8") +
         Setting("integer_datetimes", "on") + Setting("standard_conforming_strings", "on") +
         Message('K', Number(1, 4) + Number(2, 4));
}

// Reads until a message of the type `last` has come whole; the start-up message has no type.
bool ReadUntil(RawConnection& peer, char last) {
  std::string bytes;
  for (;;) {
    const std::string more = peer.ReadSome();
    if (more.empty()) return false;
    bytes += more;
    for (size_t at = 0; at + 5 <= bytes.size();) {
      const auto length = static_cast<size_t>((static_cast<uint8_t>(bytes[at + 1]) << 24) |
                                              (static_cast<uint8_t>(bytes[at + 2]) << 16) |
                                              (static_cast<uint8_t>(bytes[at + 3]) << 8) |
                                              static_cast<uint8_t>(bytes[at + 4]));
      if (at + 1 + length > bytes.size()) break;
      if (bytes[at] == last) return true;
      at += 1 + length;
    }
  }
}

constexpr char kSync = 'S';

// Says `text` to the start-up message, then nothing.
Script AtStart(std::string text) {
  return [text = std::move(text)](RawConnection& peer) {
    if (peer.ReadSome().empty()) return;
    peer.Send(text);
    peer.WaitForEnd();
  };
}

// Lets the session begin, answers who the role is (with `power` it may act as that one), reads the
// statement and does `then`.
Script AfterLogin(Script then, std::optional<std::string> power = std::nullopt) {
  return [then = std::move(then), power = std::move(power)](RawConnection& peer) {
    if (peer.ReadSome().empty() || !peer.Send(LetIn() + Settings() + Ready())) return;
    if (!ReadUntil(peer, kSync)) return;
    if (!peer.Send(Parsed() + Columns(3) + Row({"plain", power, std::nullopt}) + Done() +
                   Ready())) {
      return;
    }
    if (!ReadUntil(peer, kSync)) return;
    then(peer);
  };
}

Script Say(std::string text) {
  return AfterLogin([text = std::move(text)](RawConnection& peer) {
    peer.Send(text);
    peer.WaitForEnd();
  });
}

Script SayAndLeave(std::string text) {
  return AfterLogin([text = std::move(text)](RawConnection& peer) { peer.Send(text); });
}

Script Flood(std::string first, const std::string& again) {
  std::string block;
  while (block.size() < 16'384) block += again;
  return AfterLogin([first = std::move(first), block = std::move(block)](RawConnection& peer) {
    if (!peer.Send(first)) return;
    while (peer.Send(block)) {
    }
  });
}

Script Slowly(std::string first, std::string again) {
  return AfterLogin([first = std::move(first), again = std::move(again)](RawConnection& peer) {
    if (!peer.Send(first)) return;
    while (peer.Pause(milliseconds(20)) && peer.Send(again)) {
    }
  });
}

HostileCase Case(std::string name, std::string what, std::string says, Script serve) {
  HostileCase row;
  row.name = "postgres_" + std::move(name);
  row.what = std::move(what);
  row.says = std::move(says);
  row.serve = std::move(serve);
  row.connection = R"(postgres: "postgresql://plain@{target}/db?sslmode=disable")";
  row.steps = R"(postgres: {steps: [{sql: SELECT 1, expect: [value == 1]}]})";
  return row;
}

HostileCase Errored(HostileCase row) {
  row.outcome = v1::OUTCOME_ERRORED;
  return row;
}

HostileCase Tls(HostileCase row) {
  row.connection = R"(postgres: "postgresql://plain@{target}/db?sslmode=require")";
  return row;
}

}  // namespace

std::vector<HostileCase> PostgresCases() {
  const std::string one = Parsed() + Columns(1);
  std::vector<HostileCase> rows = {
      Case("refused", "nothing listens", "connection refused by", nullptr),
      Case("silent", "takes the connection and says nothing", "no PostgreSQL session",
           [](RawConnection& peer) { peer.WaitForEnd(); }),
      Case("closes", "ends the connection at once", "closed the connection",
           [](RawConnection& peer) { peer.ReadSome(); }),
      Case("resets", "resets the connection", "",
           [](RawConnection& peer) {
             peer.ReadSome();
             peer.Reset();
           }),
      Case("http", "speaks HTTP", "", AtStart("HTTP/1.1 400 Bad Request\r\n\r\n")),
      Case("half_start", "half an answer to the start, then silence", "no PostgreSQL session",
           AtStart(std::string("R\0\0\0", 4))),
      Case("unknown_login", "asks for a login that nobody knows", "",
           AtStart(Message('R', Number(99, 4)))),
      Case("login_password", "asks for a password in clear text: there is none to give", "password",
           AtStart(Message('R', Number(3, 4)))),
      Case("login_silent", "begins SCRAM and stops", "",
           AtStart(Message('R', Number(10, 4) + Text("SCRAM-SHA-256") + '\0'))),
      Case("login_huge", "a login message of a gigabyte", "",
           AtStart("R" + Number(1 << 30, 4) + "x")),
      Case("start_error_huge", "an error of a gigabyte at the start", "",
           AtStart("E" + Number(1 << 30, 4) + "x")),
      Case("start_error", "refuses the session with control characters", "refused the session",
           AtStart(Problem('E', "53300", "\x1b[2Jtoo many\nlevel=info"))),
      Case("never_ready", "lets in and never says that it is ready", "no PostgreSQL session",
           AtStart(LetIn() + Settings())),
      Case("settings_flood", "settings without end at the start", "no PostgreSQL session",
           [](RawConnection& peer) {
             if (peer.ReadSome().empty() || !peer.Send(LetIn())) return;
             std::string block;
             while (block.size() < 16'384) block += Setting("a", "b");
             while (peer.Send(block)) {
             }
           }),
      Case("start_notices", "notices without end at the start", "",
           [](RawConnection& peer) {
             if (peer.ReadSome().empty() || !peer.Send(LetIn())) return;
             std::string block;
             while (block.size() < 16'384) block += Problem('N', "00000", "hello");
             while (peer.Send(block)) {
             }
           }),
      Case("who_silent", "does not tell who the role is", "did not finish the statement",
           [](RawConnection& peer) {
             if (peer.ReadSome().empty()) return;
             peer.Send(LetIn() + Settings() + Ready());
             peer.WaitForEnd();
           }),
      Errored(Case("who_error", "refuses to tell who the role is", "does not tell whether the role",
                   [](RawConnection& peer) {
                     if (peer.ReadSome().empty()) return;
                     peer.Send(LetIn() + Settings() + Ready());
                     ReadUntil(peer, kSync);
                     peer.Send(Problem('E', "42501", "no") + Ready());
                     peer.WaitForEnd();
                   })),
      Case("no_answer", "answers no statement", "did not finish the statement", Say("")),
      Case("after_first_row", "the first row, then silence", "did not finish the statement",
           Say(one + Row({"1"}))),
      Case("never_done", "all rows, and never the end", "did not finish the statement",
           Say(one + Row({"1"}) + Done())),
      Case("slow_rows", "a row every 20 ms without end", "did not finish the statement",
           Slowly(one, Row({"1"}))),
      Case("endless_rows", "rows without end", "larger than", Flood(one, Row({"0123456789"}))),
      Case("many_rows", "2,000 rows", "2000 rows",
           [] {
             std::string answer = Parsed() + Columns(1);
             for (int i = 0; i < 2000; ++i) answer += Row({"1"});
             return Say(answer + Message('C', Text("SELECT 2000")) + Ready());
           }()),
      Case("huge_row", "a row of a gigabyte, and a flood", "larger than",
           Flood(one + "D" + Number(1 << 30, 4), "x")),
      Case("huge_row_silent", "a row of a gigabyte, and silence", "did not finish the statement",
           Say(one + "D" + Number(1 << 30, 4))),
      Case("two_megabytes", "one value of 2 MB", "at most 1048576",
           Say(one + Row({std::string(2 << 20, 'x')}) + Done() + Ready())),
      Case("many_columns", "1,600 columns", "",
           [] {
             return Say(Parsed() + Columns(1600) +
                        Row(std::vector<std::optional<std::string>>(1600)) + Done() + Ready());
           }()),
      Case("wrong_columns", "a row with other columns than announced", "",
           Say(one + Row({"1", "2", "3"}) + Done() + Ready())),
      Case("negative_columns", "65535 columns in an empty description", "",
           Say(Parsed() + Message('T', Number(0xffff, 2)) + Done() + Ready())),
      Case("field_past_row", "a field longer than its row", "",
           Say(one + Message('D', Number(1, 2) + Number(1'000'000, 4) + "x") + Done() + Ready())),
      Case("notices", "notices without end", "larger than",
           Flood(Parsed(), Problem('N', "00000", "hello"))),
      Case("slow_notices", "a notice every 20 ms without end", "did not finish the statement",
           Slowly(Parsed(), Problem('N', "00000", "hello"))),
      Case("errors", "errors without end", "", Flood("", Problem('E', "XX000", "no"))),
      Case("error_text", "control characters and a forged log line in an error", "SQLSTATE 42P01",
           Say(Problem('E', "42P01", "\x1b[2J gone\nlevel=info ok") + Ready())),
      Case("error_huge", "an error text of 2 MB", "",
           Say(Problem('E', "42P01", std::string(2 << 20, 'x')) + Ready())),
      Case("notifications", "notifications without end", "larger than",
           Flood(Parsed(), Message('A', Number(1, 4) + Text("ch") + Text("payload")))),
      Case("unknown_message", "a message of no known type", "",
           Say(Message('?', "what") + Ready())),
      Case("garbage", "garbage instead of an answer", "", Say(std::string(4096, '\xff'))),
      Case("zero_length", "a message of length zero", "", Say("D" + Number(0, 4))),
      Case("query_closes", "ends the connection at the statement", "ended the connection",
           SayAndLeave("")),
      Case("row_closes", "ends the connection in the middle of a row", "ended the connection",
           SayAndLeave(one + "D" + Number(100, 4) + "half")),
      Case("row_resets", "resets the connection in the middle of a row", "ended the connection",
           AfterLogin([one](RawConnection& peer) {
             peer.Send(one + "D" + Number(100, 4) + "half");
             peer.Reset();
           })),
      Case("admin_shutdown", "says that it shuts down", "",
           SayAndLeave(Problem('E', "57P01", "terminating connection"))),
      Errored(Case("copy_in", "asks for data instead of answering", "COPY",
                   Say(Parsed() + Message('G', std::string("\0\0\0", 3))))),
      Errored(Case("copy_out", "sends a file without end", "",
                   Flood(Parsed() + Message('H', std::string("\0\0\0", 3)),
                         Message('d', "0123456789abcdef")))),
      Tls(Case("tls_refused", "has no TLS where the plan wants it", "TLS with", AtStart("N"))),
      Tls(Case("tls_silent", "agrees on TLS and never answers the handshake",
               "no PostgreSQL session", AtStart("S"))),
      Tls(Case("tls_garbage", "agrees on TLS and sends garbage", "",
               [](RawConnection& peer) {
                 peer.ReadSome();
                 peer.Send("S");
                 peer.ReadSome();
                 peer.Send(std::string(4096, '\xff'));
                 peer.WaitForEnd();
               })),
      Tls(Case("tls_injected", "puts an answer into the clear part of the connection", "",
               AtStart("S" + LetIn() + Settings() + Ready()))),
      Tls(Case("tls_error_huge", "answers the request for TLS with an error without end", "",
               [](RawConnection& peer) {
                 peer.ReadSome();
                 const std::string block(16'384, 'E');
                 while (peer.Send(block)) {
                 }
               })),
  };
  HostileCase superuser =
      Errored(Case("superuser", "the role is a superuser", "is a superuser",
                   AfterLogin([](RawConnection& peer) { peer.WaitForEnd(); }, "plain")));
  superuser.forbidden = true;
  superuser.most_connections = 1;  // who the role is, only the server can tell
  rows.push_back(std::move(superuser));
  HostileCase hole =
      Case("black_hole", "nothing answers the connection", "no PostgreSQL session", nullptr);
  hole.connection = R"(postgres: "postgresql://plain@{hole}/db")";
  rows.push_back(std::move(hole));
  return rows;
}

}  // namespace smokemesh::testing
