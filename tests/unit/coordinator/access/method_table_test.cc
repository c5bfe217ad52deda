#include "coordinator/access/method_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

// `/package.Service/Method` of every service in proto/.
std::set<std::string> AllMethods() {
  // So that they are linked.
  v1::Hello::descriptor();
  v1::CreateRunRequest::descriptor();
  std::set<std::string> methods;
  const std::filesystem::path root = SMOKEMESH_SOURCE_DIR "/proto";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".proto") continue;
    std::ifstream stream(entry.path());
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    if (text.find("\nservice ") == std::string::npos) continue;
    const std::string name = std::filesystem::relative(entry.path(), root).string();
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr) {
      ADD_FAILURE() << name << " is not linked into this test";
      continue;
    }
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.insert("/" + file->service(s)->full_name() + "/" +
                       file->service(s)->method(m)->name());
      }
    }
  }
  return methods;
}

Caller CallerWith(Role role, Caller::Proof proof = Caller::Proof::kCertificate) {
  Caller caller;
  caller.role = role;
  caller.proof = proof;
  caller.name = "somebody";
  return caller;
}

bool May(Role role, const std::string& path) { return CheckAccess(CallerWith(role), path).ok(); }

TEST(MethodTableTest, HasEveryMethodAndNoOther) {
  std::set<std::string> methods = AllMethods();
  EXPECT_THAT(methods, AllOf(Contains("/smokemesh.v1.AgentSessionService/Connect"),
                             Contains("/smokemesh.v1.RunService/CreateRun")));
  methods.insert("/grpc.health.v1.Health/Check");  // gRPC's own
  methods.insert("/grpc.health.v1.Health/Watch");
  std::multiset<std::string> listed;
  for (const MethodAccess& method : MethodTable()) {
    listed.emplace(method.path);
    EXPECT_FALSE(method.roles.empty()) << method.path;
  }
  EXPECT_EQ(listed, std::multiset<std::string>(methods.begin(), methods.end()));
}

// The table of docs/security.md, said another way.
TEST(MethodTableTest, EachRoleMayDoWhatItIsFor) {
  for (const std::string& path : AllMethods()) {
    const bool stream = path == "/smokemesh.v1.AgentSessionService/Connect";
    const bool changes = path.find("/CreateRun") != std::string::npos ||
                         path.find("/CancelRun") != std::string::npos;
    EXPECT_EQ(May(Role::kAgent, path), stream) << path;
    EXPECT_EQ(May(Role::kRunner, path), !stream) << path;
    EXPECT_EQ(May(Role::kViewer, path), !stream && !changes) << path;
    EXPECT_EQ(May(Role::kAdmin, path), !stream) << path;
    EXPECT_FALSE(May(Role::kReplica, path)) << path;
  }
}

TEST(MethodTableTest, DeniesWhatItDoesNotKnow) {
  for (const char* path : {"", "/", "/smokemesh.v1.RunService/",
                           "/smokemesh.v1.RunService/DropRuns", "/smokemesh.v1.RunService/GetRun/",
                           "smokemesh.v1.RunService/GetRun", "/smokemesh.v1.runservice/GetRun",
                           "/grpc.reflection.v1alpha.ServerReflection/"
                           "ServerReflectionInfo",
                           "/smokemesh.v1.RunService/GetRun?x"}) {
    for (const Role role :
         {Role::kAgent, Role::kRunner, Role::kViewer, Role::kAdmin, Role::kReplica}) {
      EXPECT_TRUE(absl::IsPermissionDenied(CheckAccess(CallerWith(role), path))) << path;
    }
  }
}

TEST(MethodTableTest, ALocalCallerMayCallEverything) {
  const Caller local;
  for (const std::string& path : AllMethods()) EXPECT_TRUE(CheckAccess(local, path).ok()) << path;
}

TEST(MethodTableTest, SaysWhoMayInstead) {
  Caller caller = CallerWith(Role::kViewer, Caller::Proof::kToken);
  caller.via = "b";
  EXPECT_THAT(std::string(CheckAccess(caller, "/smokemesh.v1.RunService/CreateRun").message()),
              HasSubstr("viewer somebody (token) (via replica b) may not call "
                        "/smokemesh.v1.RunService/CreateRun: that is for runner, admin"));
  EXPECT_THAT(std::string(CheckAccess(caller, "/a\nb").message()), HasSubstr("/a\\nb"));
  EXPECT_LT(CheckAccess(caller, std::string(10000, 'x')).message().size(), 400U);
}

TEST(CallerTest, RolesHaveNames) {
  for (const char* name : {"agent", "runner", "viewer", "admin", "replica"}) {
    ASSERT_TRUE(ParseRole(name).has_value()) << name;
    EXPECT_EQ(RoleName(*ParseRole(name)), name);
  }
  for (const char* name : {"", "Admin", "root", "coordinator", "admin "}) {
    EXPECT_FALSE(ParseRole(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
