#include "tests/faults/expectations.h"

#include <yaml-cpp/yaml.h>

#include <exception>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace smokemesh::testing {
namespace {

[[noreturn]] void Refuse(const YAML::Node& at, const std::string& what) {
  throw YAML::RepresentationException(at.Mark(), what);
}

std::vector<std::string> Texts(const YAML::Node& node) {
  if (!node.IsSequence()) Refuse(node, "expected a list");
  return node.as<std::vector<std::string>>();
}

std::set<std::string> Names(const YAML::Node& node) {
  const std::vector<std::string> texts = Texts(node);
  return {texts.begin(), texts.end()};
}

Expectation Read(const YAML::Node& node) {
  Expectation expectation;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const YAML::Node& value = entry.second;
    if (key == "red") {
      expectation.red = Names(value);
    } else if (key == "or_blocked") {
      expectation.or_blocked = Names(value);
    } else if (key == "any_of") {
      expectation.any_of = Names(value);
    } else if (key == "may") {
      expectation.may = Names(value);
    } else if (key == "no_evidence") {
      expectation.no_evidence = Names(value);
    } else if (key == "leaves") {
      expectation.leaves = Texts(value);
    } else if (key == "leaves_why") {
      expectation.leaves_why = value.as<std::string>();
    } else if (key == "original") {
      expectation.original = value.as<std::string>();
    } else {
      Refuse(entry.first, "unknown word \"" + key + "\"");
    }
  }
  if (expectation.red.empty() && expectation.any_of.empty()) {
    Refuse(node, "no check in \"red\" or \"any_of\"");
  }
  for (const std::string& name : expectation.or_blocked) {
    if (!expectation.red.contains(name)) Refuse(node, "\"or_blocked\" is for checks of \"red\"");
  }
  if (expectation.leaves.empty() != expectation.leaves_why.empty()) {
    Refuse(node, "\"leaves\" and \"leaves_why\" go together");
  }
  return expectation;
}

}  // namespace

absl::StatusOr<Expectations> ParseExpectations(const std::string& yaml) {
  try {
    Expectations expectations;
    for (const auto& entry : YAML::Load(yaml)) {
      const auto name = entry.first.as<std::string>();
      if (!expectations.emplace(name, Read(entry.second)).second) {
        Refuse(entry.first, "the fault is there twice");
      }
    }
    return expectations;
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

absl::StatusOr<Expectations> LoadExpectations(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError("cannot read " + path);
  auto parsed = ParseExpectations({std::istreambuf_iterator<char>(file), {}});
  if (parsed.ok()) return parsed;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", parsed.status().message()));
}

}  // namespace smokemesh::testing
