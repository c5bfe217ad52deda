#ifndef SMOKEMESH_TESTS_FUZZ_INPUT_H_
#define SMOKEMESH_TESTS_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace smokemesh::testing {

// Takes a fuzzer's bytes apart. Every input has a meaning: what is missing at the end is nothing.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }

  // A length in two bytes, the lower one first, and as many bytes.
  std::string_view Piece() {
    const size_t low = Byte();
    const size_t wanted = low | static_cast<size_t>(Byte()) << 8;
    const size_t length = std::min(rest_.size(), wanted);
    const std::string_view piece = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return piece;
  }

  std::string_view Rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_FUZZ_INPUT_H_
