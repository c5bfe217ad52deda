#include "shared/credentials/rotating_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "tests/testing/mesh_certs.h"

namespace smokemesh::shared {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class RotatingFilesTest : public ::testing::Test {
 protected:
  RotatingFilesTest() {
    options_.files = certs_.Client("agent", "a");
    options_.poll = std::chrono::hours(1);  // the tests look
    options_.parent = parent_.path();
  }

  void Start() {
    auto files = RotatingFiles::Start(options_);
    ASSERT_TRUE(files.ok()) << files.status();
    files_ = *std::move(files);
  }

  // The published files are this pair, whole.
  bool Publishes(const KeyPair& pair) const {
    return ReadAll(files_->published().cert) == pair.cert &&
           ReadAll(files_->published().key) == pair.key;
  }

  KeyPair Operators() const { return {ReadAll(options_.files.cert), ReadAll(options_.files.key)}; }
  KeyPair Fresh() { return certs_.Issue(certs_.Request("agent", "a")); }
  std::string Look() { return std::string(files_->LookNow().message()); }

  testing::MeshCerts certs_;
  testing::TempDir parent_;
  RotatingFilesOptions options_;
  std::unique_ptr<RotatingFiles> files_;
};

TEST_F(RotatingFilesTest, PublishesWhatIsThereForItsOwnerOnly) {
  Start();
  EXPECT_TRUE(Publishes(Operators()));
  EXPECT_EQ(ReadAll(files_->published().ca), certs_.ca());
  struct stat info = {};
  ASSERT_EQ(stat(files_->published().key.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto current = files_->current();
  EXPECT_EQ(current->generation, 1U);
  ASSERT_TRUE(current->identity.has_value());
  EXPECT_EQ(current->identity->name, "a");
  EXPECT_EQ(current->not_after, current->identity->not_after);
}

TEST_F(RotatingFilesTest, NothingIsLeftBehind) {
  Start();
  files_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(parent_.path()));
}

TEST_F(RotatingFilesTest, PublishesWhatReplacesIt) {
  Start();
  for (uint64_t i = 2; i < 6; ++i) {
    const KeyPair fresh = Fresh();
    testing::MeshCerts::Replace(options_.files, fresh);
    EXPECT_EQ(Look(), "");
    EXPECT_EQ(files_->current()->generation, i);
    EXPECT_TRUE(Publishes(fresh));
    EXPECT_EQ(Look(), "");
    EXPECT_EQ(files_->current()->generation, i) << "the same files are not published again";
  }
  // The one before is kept for who is reading it, the others are gone.
  int sets = 0;
  const auto folder = std::filesystem::path(files_->published().cert).parent_path().parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    sets += entry.path().filename().string().rfind("set-", 0) == 0 ? 1 : 0;
  }
  EXPECT_EQ(sets, 2);
}

TEST_F(RotatingFilesTest, LooksByItself) {
  options_.poll = std::chrono::milliseconds(5);
  Start();
  const KeyPair fresh = Fresh();
  testing::MeshCerts::Replace(options_.files, fresh);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!Publishes(fresh) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(Publishes(fresh));
}

// gRPC takes a pair for whole when the times of the files, in seconds, stayed the same.
TEST_F(RotatingFilesTest, EachSetHasATimeOfItsOwn) {
  Start();
  struct stat before = {};
  ASSERT_EQ(stat(files_->published().key.c_str(), &before), 0);
  for (uint64_t i = 2; i < 5; ++i) {
    testing::MeshCerts::Replace(options_.files, Fresh());
    EXPECT_EQ(Look(), "");
    struct stat key = {};
    struct stat cert = {};
    ASSERT_EQ(stat(files_->published().key.c_str(), &key), 0);
    ASSERT_EQ(stat(files_->published().cert.c_str(), &cert), 0);
    EXPECT_GT(key.st_mtime, before.st_mtime);
    EXPECT_EQ(key.st_mtime, cert.st_mtime);
    before = key;
  }
}

TEST_F(RotatingFilesTest, NeverPublishesAPairThatDoesNotMatch) {
  Start();
  const KeyPair first = Operators();
  const KeyPair fresh = Fresh();
  ::testing::internal::CaptureStderr();
  testing::MeshCerts::ReplaceFile(options_.files.cert, fresh.cert);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Look(), HasSubstr("is not the key of the certificate"));
    EXPECT_TRUE(Publishes(first));
  }
  testing::MeshCerts::ReplaceFile(options_.files.key, fresh.key);
  EXPECT_EQ(Look(), "");
  EXPECT_TRUE(Publishes(fresh));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("the last good ones stay"));
  EXPECT_EQ(log.find("the last good ones stay"), log.rfind("the last good ones stay"))
      << "it is said once\n"
      << log;
}

TEST_F(RotatingFilesTest, KeepsTheLastGoodOnes) {
  Start();
  const KeyPair first = Operators();
  const testing::MeshCerts others;
  CertificateRequest ended = certs_.Request("agent", "a");
  ended.not_after = std::chrono::system_clock::now() - std::chrono::minutes(1);
  for (const KeyPair& bad : {KeyPair{"", ""}, KeyPair{"garbage", first.key},
                             KeyPair{"-----BEGIN CERTIFICATE-----\n", first.key},
                             others.Issue(others.Request("agent", "a")), certs_.Issue(ended)}) {
    testing::MeshCerts::Replace(options_.files, bad);
    EXPECT_NE(Look(), "");
    EXPECT_TRUE(Publishes(first));
  }
  std::filesystem::remove(options_.files.cert);
  EXPECT_THAT(Look(), HasSubstr("No such file"));
  EXPECT_TRUE(Publishes(first));
}

TEST_F(RotatingFilesTest, PublishesOnlyWhatIsAccepted) {
  options_.accept = [](const CertificateSet& set) {
    return IdentityOf(set.cert)->name == "a" ? absl::OkStatus()
                                             : absl::InvalidArgumentError("another agent's");
  };
  Start();
  const KeyPair first = Operators();
  testing::MeshCerts::Replace(options_.files, certs_.Issue(certs_.Request("agent", "b")));
  EXPECT_EQ(Look(), "another agent's");
  EXPECT_TRUE(Publishes(first));
  files_.reset();
  EXPECT_THAT(std::string(RotatingFiles::Start(options_).status().message()),
              HasSubstr("another agent's"));
}

TEST_F(RotatingFilesTest, DoesNotStartWithWhatIsNotGood) {
  testing::MeshCerts::ReplaceFile(options_.files.key, Fresh().key);
  EXPECT_THAT(std::string(RotatingFiles::Start(options_).status().message()),
              HasSubstr("is not the key of the certificate"));
  options_.files.key = "";
  EXPECT_FALSE(RotatingFiles::Start(options_).ok());
  options_.files.ca = "";
  EXPECT_FALSE(RotatingFiles::Start(options_).ok());
  EXPECT_TRUE(std::filesystem::is_empty(parent_.path()));
}

TEST_F(RotatingFilesTest, AClientMayHaveAuthoritiesOnly) {
  options_.files.cert = "";
  options_.files.key = "";
  Start();
  EXPECT_EQ(files_->published().cert, "");
  EXPECT_EQ(ReadAll(files_->published().ca), certs_.ca());
  EXPECT_FALSE(files_->current()->not_after.has_value());
}

}  // namespace
}  // namespace smokemesh::shared
