#include "shared/env_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace smokemesh::shared {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

class EnvFileTest : public testing::Test {
 protected:
  absl::StatusOr<std::vector<EnvVariable>> Parse(std::string_view text) {
    return ParseEnvFile(text, ".env", [this](std::string_view name) -> std::optional<std::string> {
      const auto known = environment_.find(std::string(name));
      if (known == environment_.end()) return std::nullopt;
      return known->second;
    });
  }

  std::map<std::string, std::string> Values(std::string_view text) {
    std::map<std::string, std::string> values;
    const auto variables = Parse(text);
    EXPECT_TRUE(variables.ok()) << variables.status();
    if (!variables.ok()) return values;
    for (const EnvVariable& variable : *variables) values[variable.name] = variable.value;
    return values;
  }

  // The value of X on the only line.
  std::string X(std::string_view value) { return Values("X=" + std::string(value))["X"]; }

  std::string Problems(std::string_view text) {
    const auto variables = Parse(text);
    EXPECT_FALSE(variables.ok()) << text;
    EXPECT_TRUE(variables.ok() || variables.status().code() == absl::StatusCode::kInvalidArgument);
    return std::string(variables.status().message());
  }

  std::map<std::string, std::string> environment_;
};

TEST_F(EnvFileTest, ReadsWhatOldRunnersHave) {
  EXPECT_THAT(Values(R"(# staging
SMOKE_TEST_DATABASE_URL=postgresql+asyncpg://u:p@db:5432/app?sslmode=require&x=1
export SMOKE_TEST_REDIS_URL="redis://redis:6379/0"

  GATEWAY_URL='http://gateway:8000' # the one inside
SMOKE_TEST_TIMEOUT=300
EMPTY=
_x1=a#b
)"),
              UnorderedElementsAre(Pair("SMOKE_TEST_DATABASE_URL",
                                        "postgresql+asyncpg://u:p@db:5432/app?sslmode=require&x=1"),
                                   Pair("SMOKE_TEST_REDIS_URL", "redis://redis:6379/0"),
                                   Pair("GATEWAY_URL", "http://gateway:8000"),
                                   Pair("SMOKE_TEST_TIMEOUT", "300"), Pair("EMPTY", ""),
                                   Pair("_x1", "a#b")));
}

TEST_F(EnvFileTest, KeepsOrderAndLines) {
  const auto variables = Parse("A='1\n2'\n\nB=2\n");
  ASSERT_TRUE(variables.ok());
  ASSERT_EQ(variables->size(), 2U);
  EXPECT_EQ((*variables)[0].line, 1);
  EXPECT_EQ((*variables)[1].name, "B");
  EXPECT_EQ((*variables)[1].line, 4);
}

TEST_F(EnvFileTest, CommentsBeginAfterABlank) {
  EXPECT_EQ(X("a # b"), "a");
  EXPECT_EQ(X("a\t#b"), "a");
  EXPECT_EQ(X("#b"), "");
  EXPECT_EQ(X("  # b"), "");
  EXPECT_EQ(X("a  "), "a");
  EXPECT_EQ(X("'a # b' # c"), "a # b");
  EXPECT_EQ(X("\"a\"  "), "a");
}

TEST_F(EnvFileTest, SingleQuotesKeepEverything) {
  EXPECT_EQ(X(R"('pa$word ${X} \n `date` "q"')"), R"(pa$word ${X} \n `date` "q")");
  EXPECT_EQ(X("'-----BEGIN-----\nabc=\n-----END-----\n'"),
            "-----BEGIN-----\nabc=\n-----END-----\n");
}

TEST_F(EnvFileTest, DoubleQuotesHaveEscapes) {
  EXPECT_EQ(X(R"("a\nb\tc\r\\ \" \$x")"), "a\nb\tc\r\\ \" $x");
  EXPECT_EQ(X("\"a\nb\""), "a\nb");
  EXPECT_EQ(X("\"it's\""), "it's");
}

TEST_F(EnvFileTest, ReadsLineEndsOfWindowsAndAMark) {
  EXPECT_THAT(
      Values("\xef\xbb\xbf"
             "A=1\r\n# c\r\nB='x\r\ny'\r\nC=\r\nD=\"2\" # c\r\n"),
      UnorderedElementsAre(Pair("A", "1"), Pair("B", "x\ny"), Pair("C", ""), Pair("D", "2")));
}

TEST_F(EnvFileTest, ReferencesAreToTheEnvironmentAndToLinesAbove) {
  environment_["HOST"] = "from-outside";
  EXPECT_EQ(Values("HOST=inside\nUSER_NAME=u\nURL=http://${USER_NAME}@${HOST}/x")["URL"],
            "http://u@from-outside/x");
  EXPECT_EQ(Values("A=1\nB=\"<${A}>\"")["B"], "<1>");
  environment_["NOTHING"] = "";
  EXPECT_EQ(X("a${NOTHING}b"), "ab");
  environment_["TRICKY"] = "${HOST} \" ' $";
  EXPECT_EQ(X("${TRICKY}"), "${HOST} \" ' $") << "what a value holds is not looked at again";
}

TEST_F(EnvFileTest, AReferenceToNothingIsAProblem) {
  EXPECT_EQ(Problems("A=1\nB=${C}\nC=2"),
            ".env:2: B: ${C} is set neither in the environment nor on a line above");
  EXPECT_THAT(Problems("B=${B}"), HasSubstr("${B} is set neither"));
}

TEST_F(EnvFileTest, EveryProblemHasItsLineAndTheOthersAreReadOn) {
  EXPECT_EQ(
      Problems("GOOD=1\n"
               "A = 1\n"
               "B= 1\n"
               "C=a b\n"
               "D='open then closed' rest\n"
               "E=\"bad \\q \n second line\"\n"
               "2F=1\n"
               "export G\n"
               "H=a\"b\"\n"
               "I=a\\b\n"
               "GOOD=2\n"
               "J='no end\n\n"),
      ".env:2: write NAME=value without blanks around the \"=\"\n"
      ".env:3: B: write NAME=value without blanks around the \"=\"\n"
      ".env:4: C: a value with blanks must be in quotes\n"
      ".env:5: D: quotes must be around the whole value\n"
      ".env:6: E: a backslash in double quotes begins \\n \\r \\t \\\\ \\\" or \\$; in single "
      "quotes it is plain\n"
      ".env:8: expected NAME=value, with letters, digits and _ in the name; a value of several "
      "lines is written in quotes\n"
      ".env:9: expected NAME=value, with letters, digits and _ in the name; a value of several "
      "lines is written in quotes\n"
      ".env:10: H: quotes must be around the whole value\n"
      ".env:11: I: a value with a backslash must be in single quotes\n"
      ".env:12: GOOD is set already on line 1: keep one of the two\n"
      ".env:13: J: the single quote has no end");
}

TEST_F(EnvFileTest, OtherMeaningsOfADollarAreRefused) {
  for (const char* value : {"$HOME", "\"$HOME\"", "pa$word", "$(date)", "\"$(date)\"", "${", "${}",
                            "${A", "${A:-b}", "${1}", "a$", "$$", "${A B}"}) {
    EXPECT_THAT(Problems("X=" + std::string(value)), HasSubstr(".env:1: X: a $ begins ${NAME}"))
        << value;
  }
  for (const char* value : {"`date`", "\"`date`\""}) {
    EXPECT_THAT(Problems("X=" + std::string(value)), HasSubstr("there are no commands here"));
  }
}

TEST_F(EnvFileTest, NoMessageHoldsAValue) {
  environment_["OTHER"] = "hunter2";
  const std::string problems = Problems(
      "A=hunter2 hunter2\n"
      "hunter2\n"
      "hunter2 = x\n"
      "B='hunter2\n"
      "C=${OTHER} hunter2\n"
      "D=\"hunter2\\x\"\n"
      "E=hunter2$hunter2\n");
  EXPECT_THAT(problems, Not(HasSubstr("hunter2")));
  EXPECT_THAT(problems,
              AllOf(HasSubstr(".env:1: A"), HasSubstr(".env:2: "), HasSubstr(".env:3: ")));
}

TEST_F(EnvFileTest, IsBounded) {
  EXPECT_THAT(Problems(std::string(kMaxEnvFile + 1, '#')), HasSubstr("more than 256 KiB"));
  std::string doubling = "A0=" + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "${A" + std::to_string(i - 1) + "}";
    doubling += "A" + std::to_string(i) + "=" + before + before + "\n";
  }
  EXPECT_THAT(Problems(doubling), HasSubstr("too long"));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "?\n";
  EXPECT_THAT(Problems(many), AllOf(HasSubstr(".env:20: "), Not(HasSubstr(".env:21: ")),
                                    HasSubstr("and 980 more problems")));
  EXPECT_THAT(Problems(std::string_view("A=1\0B=2", 7)), HasSubstr("NUL"));
}

TEST_F(EnvFileTest, EveryPrefixAndEveryByteIsReadOrRefused) {
  const std::string text =
      "export A='x y'\nB=\"a\\n${A}\"\r\n# c\nC=http://h/?a=1&b=2 # d\nD=\n'\"$\\`= ";
  for (size_t size = 0; size <= text.size(); ++size) {
    Parse(text.substr(0, size)).status().IgnoreError();
    for (int c = 0; c < 256; ++c) {
      std::string changed = text.substr(0, size) + static_cast<char>(c) + text.substr(size);
      Parse(changed).status().IgnoreError();
    }
  }
}

class EnvFilesTest : public testing::Test {
 protected:
  EnvFilesTest() {
    std::string path = (std::filesystem::temp_directory_path() / "smokemesh-env-XXXXXX").string();
    folder_ = mkdtemp(path.data());
  }
  ~EnvFilesTest() override {
    std::filesystem::remove_all(folder_);
    for (const char* name : {"SMOKEMESH_T_A", "SMOKEMESH_T_B", "SMOKEMESH_T_C"}) unsetenv(name);
  }
  std::string Write(const std::string& text) {
    std::ofstream(folder_ / ".env.test") << text;
    return folder_ / ".env.test";
  }
  std::filesystem::path folder_;
};

TEST_F(EnvFilesTest, TheEnvironmentStaysAsItIs) {
  setenv("SMOKEMESH_T_A", "real", 1);
  setenv("SMOKEMESH_T_B", "", 1);
  const auto variables = ReadEnvFile(
      Write("SMOKEMESH_T_A=file\nSMOKEMESH_T_B=file\nSMOKEMESH_T_C=<${SMOKEMESH_T_A}>\n"));
  ASSERT_TRUE(variables.ok()) << variables.status();
  EXPECT_THAT(SetMissing(*variables), ElementsAre("SMOKEMESH_T_C"));
  EXPECT_STREQ(getenv("SMOKEMESH_T_A"), "real");
  EXPECT_STREQ(getenv("SMOKEMESH_T_B"), "");
  EXPECT_STREQ(getenv("SMOKEMESH_T_C"), "<real>");
}

TEST_F(EnvFilesTest, SaysWhyAFileCannotBeRead) {
  const auto missing = ReadEnvFile(folder_ / "none");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr((folder_ / "none").string()));
  EXPECT_THAT(std::string(ReadEnvFile(folder_).status().message()), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace smokemesh::shared
