#include "tests/e2e/verdict_fixture.h"

#include <gmock/gmock.h>

#include <utility>

namespace smokemesh::testing {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string VerdictTest::Plan(const std::string& checks, const std::string& head) const {
  // At the end, so that lines are those of the test. A plan that is cut short has shorter ones.
  const bool is_short = head.find("timeout:") != std::string::npos;
  return dir()
      .Write("plan.yaml", "name: p\nconnections: {web: {http: \"" + server_.url() + "\"}}\n" +
                              head + "checks:\n" + checks +
                              (is_short ? "" : "defaults: {timeout: 30s}\n"))
      .string();
}

std::string VerdictTest::Check(const std::string& name, const std::string& tags,
                               const std::string& path, const std::string& more) {
  return "  - {name: " + name + ", tags: [" + tags + "], " + more +
         "http: {steps: [{request: {url: " + path + "}, expect: [status == 200]}]}}\n";
}

std::string VerdictTest::TenChecks(const std::string& tags_of_broken) {
  server_.Answer("/broken", {503});
  std::string checks = Check("broken", tags_of_broken, "/broken");
  for (int i = 1; i < 10; ++i) checks += Check("fine" + std::to_string(i), "smoke", "/ok");
  return Plan(checks);
}

std::unique_ptr<Process> VerdictTest::BeginRun(const std::string& plan,
                                               std::vector<std::string> flags,
                                               std::map<std::string, std::string> environment) {
  flags.insert(flags.begin(), {"run", plan, "--output", "json", "--report", reports()});
  return Begin(std::move(flags), std::move(environment));
}

RunDocument VerdictTest::ExpectEnd(Process* run, const Ending& ending) {
  const Finished finished = Wait(run);
  EXPECT_EQ(finished.exit_code, ending.exit_code) << finished.out << finished.err;
  const RunDocument document(finished.out);
  EXPECT_EQ(document.decision(), ending.decision) << finished.out;
  EXPECT_TRUE(document.AddsUp()) << finished.out;
  ExpectReports(ending);
  return document;
}

RunDocument VerdictTest::ExpectRun(const std::string& plan, const Ending& ending,
                                   std::vector<std::string> flags,
                                   std::map<std::string, std::string> environment) {
  return ExpectEnd(BeginRun(plan, std::move(flags), std::move(environment)).get(), ending);
}

void VerdictTest::ExpectReports(const Ending& ending) const {
  const bool green = ending.decision == "PROMOTE";
  const std::string word = ending.decision + ": ";

  const RunDocument document(ReadFile(reports() + "/report.json"));
  EXPECT_EQ(document.decision(), ending.decision);
  EXPECT_EQ(document.exit_code(), ending.exit_code > 128 ? 4 : ending.exit_code);

  const std::string text = ReadFile(reports() + "/report.txt");
  const size_t last_line = text.rfind('\n', text.size() - 2);
  EXPECT_EQ(text.substr(last_line == std::string::npos ? 0 : last_line + 1, word.size()), word);
  if (!green) {
    EXPECT_THAT(text, Not(HasSubstr("PROMOTE")));
  }

  const std::string html = ReadFile(reports() + "/report.html");
  const size_t title = html.find("<title>");
  EXPECT_EQ(html.substr(title == std::string::npos ? 0 : title, 8 + ending.decision.size()),
            "<title>" + ending.decision + " ");

  const std::string markdown = ReadFile(reports() + "/report.md");
  EXPECT_THAT(markdown.substr(0, markdown.find('\n')), EndsWith(" " + ending.decision));

  const std::string tap = ReadFile(reports() + "/report.tap");
  EXPECT_THAT(tap, HasSubstr(ending.decision + ": "));
  EXPECT_EQ(tap.find("\nnot ok ") == std::string::npos, green) << tap;
  if (!green) {
    EXPECT_THAT(markdown + tap, Not(HasSubstr("PROMOTE")));
  }

  const std::string junit = ReadFile(reports() + "/junit.xml");
  const size_t decision = junit.find("name=\"decision\"");
  ASSERT_NE(decision, std::string::npos) << junit;
  if (!green) {
    EXPECT_THAT(junit.substr(decision), HasSubstr("type=\"" + ending.decision + "\""));
    EXPECT_THAT(junit, Not(HasSubstr("PROMOTE")));
  }
}

RunDocument VerdictTest::ExpectVerdict(const std::string& run, const Ending& ending) {
  const Finished finished = Run({"verdict", run, "--coordinator", address(), "--output", "json"});
  EXPECT_EQ(finished.exit_code, ending.exit_code) << finished.out << finished.err;
  const RunDocument document(finished.out);
  EXPECT_EQ(document.decision(), ending.decision) << finished.out;
  EXPECT_TRUE(document.AddsUp()) << finished.out;
  return document;
}

Finished VerdictTest::Ask(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--store", store()});
  return Run(std::move(arguments));
}

void VerdictTest::ExpectRefused(const std::vector<std::string>& arguments,
                                const std::vector<std::string>& words) {
  const size_t before = server_.Requests().size();
  const Finished finished = Run(arguments);
  EXPECT_EQ(finished.exit_code, 2) << finished.out << finished.err;
  for (const std::string& word : words) EXPECT_THAT(finished.err, HasSubstr(word));
  EXPECT_THAT(finished.out + finished.err, Not(HasSubstr("PROMOTE")));
  EXPECT_EQ(server_.Requests().size(), before) << "something was asked all the same";
}

}  // namespace smokemesh::testing
