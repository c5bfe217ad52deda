#!/usr/bin/env bash
# Builds both binaries and runs a unit test with Debian's Bazel, without a network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command -v bazel >/dev/null || { echo "no bazel: apt-get install bazel-bootstrap" >&2; exit 2; }
trap 'bazel shutdown >/dev/null 2>&1 || true' EXIT
offline=--experimental_repository_disable_download
bazel build $offline //:smokemesh //:smokemesh-agent
bazel test $offline //:unit_shared_template_test
