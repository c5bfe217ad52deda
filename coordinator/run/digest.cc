#include "coordinator/run/digest.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

std::string DigestOf(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    // The entries of a map have no order otherwise.
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return shared::Sha256Hex(bytes);
}

}  // namespace

std::string PlanDigest(const v1::Plan& plan) {
  v1::Plan anywhere = plan;
  for (v1::Check& check : *anywhere.mutable_checks()) check.clear_source();
  return DigestOf(anywhere);
}

std::string PolicyDigest(const v1::Policy& policy) { return DigestOf(policy); }

}  // namespace smokemesh::coordinator
