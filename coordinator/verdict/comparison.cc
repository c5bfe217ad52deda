#include "coordinator/verdict/comparison.h"

namespace smokemesh::coordinator {

v1::Baseline MakeBaseline(const std::vector<v1::Run>& promoted) {
  (void)promoted;
  return {};
}

void Compare(const v1::Baseline& baseline,
             google::protobuf::RepeatedPtrField<v1::CheckRecord>* checks) {
  (void)baseline;
  (void)checks;
}

}  // namespace smokemesh::coordinator
