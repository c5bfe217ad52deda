// Writes coordinator/plan/plan_comments.cc from the comments of plan.proto, and holds the file to
// it.
#include "coordinator/plan/plan_comments.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace smokemesh::coordinator {
namespace {

using google::protobuf::FileDescriptorProto;

constexpr const char* kFile = SMOKEMESH_SOURCE_DIR "/coordinator/plan/plan_comments.cc";

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// plan.proto as protoc read it, with its comments.
FileDescriptorProto PlanProto() {
  google::protobuf::FileDescriptorSet files;
  EXPECT_TRUE(files.ParseFromString(ReadFile(SMOKEMESH_PLAN_DESCRIPTORS)));
  EXPECT_EQ(files.file_size(), 1);
  return files.file(0);
}

// The comment of each message, field and enum.
std::map<std::string, std::string> Comments(const FileDescriptorProto& file) {
  constexpr int kMessage = FileDescriptorProto::kMessageTypeFieldNumber;
  constexpr int kEnum = FileDescriptorProto::kEnumTypeFieldNumber;
  constexpr int kField = google::protobuf::DescriptorProto::kFieldFieldNumber;
  std::map<std::string, std::string> comments;
  for (const auto& location : file.source_code_info().location()) {
    if (location.leading_comments().empty()) continue;
    const auto& path = location.path();
    std::string name;
    if (path.size() == 2 && path[0] == kMessage) {
      name = file.message_type(path[1]).name();
    } else if (path.size() == 4 && path[0] == kMessage && path[2] == kField) {
      const auto& message = file.message_type(path[1]);
      name = absl::StrCat(message.name(), ".", message.field(path[3]).name());
    } else if (path.size() == 2 && path[0] == kEnum) {
      name = file.enum_type(path[1]).name();
    }
    if (!name.empty()) comments[name] = location.leading_comments();
  }
  return comments;
}

// One comment as C++ string literals: a line stays a line in the file and is joined in the text.
std::string Literals(const std::string& comment) {
  std::istringstream lines(comment);
  std::string out;
  bool begins = true;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] == ' ') line.erase(0, 1);
    const bool is_item = line.rfind("  * ", 0) == 0;
    if (line.empty()) {
      absl::StrAppend(&out, "\n     \"\\n\\n\"");
      begins = true;
      continue;
    }
    const size_t indented = line.find_first_not_of(' ');
    line.erase(0, indented == std::string::npos ? 0 : indented);
    absl::StrAppend(&out, "\n     \"",
                    begins    ? ""
                    : is_item ? "\\n"
                              : " ",
                    absl::StrReplaceAll(line, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
    begins = false;
  }
  return out;
}

std::string Written(const std::map<std::string, std::string>& comments) {
  std::string out =
      "// Written by plan_comments_test.cc from the comments of plan.proto. After a change there:\n"
      "//   SMOKEMESH_UPDATE_GOLDEN=1 build/bin/unit_coordinator_plan_test "
      "--gtest_filter='PlanComments*'\n"
      "#include \"coordinator/plan/plan_comments.h\"\n"
      "\n"
      "#include <algorithm>\n"
      "#include <iterator>\n"
      "\n"
      "namespace smokemesh::coordinator {\n"
      "namespace {\n"
      "\n"
      "struct Comment {\n"
      "  std::string_view name;\n"
      "  std::string_view text;\n"
      "};\n"
      "\n"
      "// clang-format off\n"
      "// In the order of their names.\n"
      "constexpr Comment kComments[] = {\n";
  for (const auto& [name, comment] : comments) {
    absl::StrAppend(&out, "    {\"", name, "\",", Literals(comment), "},\n");
  }
  return out +
         "};\n"
         "// clang-format on\n"
         "\n"
         "}  // namespace\n"
         "\n"
         "std::string_view PlanComment(std::string_view name) {\n"
         "  const auto* found = std::lower_bound(\n"
         "      std::begin(kComments), std::end(kComments), name,\n"
         "      [](const Comment& comment, std::string_view wanted) { return comment.name < "
         "wanted; "
         "});\n"
         "  return found == std::end(kComments) || found->name != name ? std::string_view() : "
         "found->text;\n"
         "}\n"
         "\n"
         "}  // namespace smokemesh::coordinator\n";
}

TEST(PlanCommentsTest, AreThoseOfThePlanProto) {
  const std::string written = Written(Comments(PlanProto()));
  if (std::getenv("SMOKEMESH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(kFile, std::ios::binary) << written;
    return;
  }
  EXPECT_EQ(ReadFile(kFile), written) << "its first lines say how to write it anew";
}

TEST(PlanCommentsTest, EveryFieldHasOne) {
  const FileDescriptorProto file = PlanProto();
  for (const auto& message : file.message_type()) {
    EXPECT_NE(PlanComment(message.name()), "") << message.name();
    for (const auto& field : message.field()) {
      EXPECT_NE(PlanComment(message.name() + "." + field.name()), "")
          << message.name() << "." << field.name();
    }
  }
  EXPECT_EQ(PlanComment("Suite.name"), "Name used in `Check.suite`. Required, unique.");
  EXPECT_EQ(PlanComment("Suite.nothing"), "");
  EXPECT_EQ(PlanComment("Zebra"), "");
  EXPECT_EQ(PlanComment(""), "");
}

}  // namespace
}  // namespace smokemesh::coordinator
