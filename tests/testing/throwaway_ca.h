#ifndef SMOKEMESH_TESTS_TESTING_THROWAWAY_CA_H_
#define SMOKEMESH_TESTS_TESTING_THROWAWAY_CA_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// A certificate authority for one test. Its files live as long as the object. Aborts on failure.
class ThrowawayCa {
 public:
  explicit ThrowawayCa(const std::string& name = "Throw-away CA");
  ~ThrowawayCa();

  // PEM file with the authority's certificate.
  const std::string& ca_file() const { return ca_file_; }

  struct Leaf {
    std::string cert_file;
    std::string key_file;
  };

  // What a certificate says about itself. Only a leaf is what it should be.
  enum class Kind {
    kLeaf,
    kAuthority,  // an authority, which is also for servers and clients
    kSigner,     // no authority, and yet it may sign certificates
  };

  // Signs a certificate, good for servers and clients, valid from a day ago for `valid_days` from
  // now (negative: it has ended). `names` are subject alternative names in OpenSSL's form.
  Leaf Issue(const std::string& common_name = "localhost",
             const std::vector<std::string>& names = {"DNS:localhost", "IP:127.0.0.1"},
             double valid_days = 1, Kind kind = Kind::kLeaf);

 private:
  struct Keys;
  TempDir dir_;
  std::unique_ptr<Keys> keys_;
  std::string ca_file_;
  int issued_ = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_THROWAWAY_CA_H_
