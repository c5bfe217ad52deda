#!/usr/bin/env bash
# Runs fuzzers with libFuzzer, address and undefined-behaviour sanitizers.
#   tests/fuzz/run.sh [--runs N] [--only NAME]     N inputs for each, 100000 if not said
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=100000
only=
while (($#)); do
  case $1 in
    --runs) runs=${2:?--runs needs a number} ;;
    --only) only=${2:?--only needs the name of a fuzzer} ;;
    *) echo "usage: ./dev fuzz [--runs N] [--only NAME]" >&2 && exit 2 ;;
  esac
  shift 2
done
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
  -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DSMOKEMESH_FUZZ=ON \
  -DSMOKEMESH_SANITIZE=address,undefined,fuzzer-no-link >/dev/null
target=fuzzers
if [[ -n $only ]]; then target=fuzz_$only; fi
cmake --build build/fuzz --target "$target"
# Says one line; what it writes itself goes to a log.
fuzz_one() {
  local fuzzer=$1 found=build/fuzz/corpus/$1 log=build/fuzz/$1.log dictionary=()
  mkdir -p "$found"
  if [[ -f tests/fuzz/$fuzzer.dict ]]; then dictionary=("-dict=tests/fuzz/$fuzzer.dict"); fi
  # What was freed and is kept for the sanitizer counts as memory: keep little.
  if ! ASAN_OPTIONS=quarantine_size_mb=16 "build/fuzz/bin/fuzz_$fuzzer" -runs="$runs" -max_len=4096 \
    -timeout=5 -rss_limit_mb=512 -verbosity=0 -print_final_stats=1 -artifact_prefix=build/fuzz/ \
    "${dictionary[@]}" "$found" "tests/fuzz/corpus/$fuzzer" >"$log" 2>&1; then
    tail -50 "$log" >&2
    echo "fuzz_$fuzzer: FAILED: $log" >&2
    return 1
  fi
  awk -v name="fuzz_$fuzzer" '/stat::number_of_executed_units/ { n = $2 } /stat::average/ { r = $2 }
    /stat::slowest/ { s = $2 } END { print name ": " n " inputs, " r " a second, slowest " s " s" }' "$log"
}
export -f fuzz_one
export runs
for source in tests/fuzz/*_fuzz.cc; do
  fuzzer=$(basename "$source" _fuzz.cc)
  if [[ -z $only || $fuzzer == "$only" ]]; then echo "$fuzzer"; fi
done | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one {}'
