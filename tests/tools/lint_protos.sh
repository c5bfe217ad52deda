#!/usr/bin/env bash
# Lints the protos with buf where `./dev` could bring it, and with protoc alone otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
protoc --proto_path=proto --descriptor_set_out=/dev/null proto/smokemesh/v1/*.proto
cache=.cache/buf
if [[ -x $cache/node_modules/.bin/buf ]]; then
  "$cache/node_modules/.bin/buf" lint
  echo "protos: linted with buf"
else
  echo "protos: compiled with protoc alone: there is no buf here"
fi
