#!/usr/bin/env python3
"""Checks who includes what, header guards and namespaces.

The rules are those of docs/architecture.md. Prints `file:line: problem`, one a line, and exits 1 if
there is one.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

GRPC = r"grpc(pp)?/|smokemesh/v1/\w+\.grpc\.pb\.h"
STORES = r"coordinator/store/(?!run_store\.h)"

# (files, headers that they may not include, why). First column and second are regular expressions.
FORBIDDEN = [
    (r"shared/", r"(coordinator|agent|tests)/", "shared/ knows neither side"),
    (r"agent/", r"(coordinator|tests)/", "the agent meets the coordinator in proto/ only"),
    (r"coordinator/(?!cli/one_shot\.)", r"agent/", "only the one-shot command runs an agent"),
    (r"coordinator/", r"tests/", "the product does not know its tests"),
    (r"shared/(?!grpc_support/|credentials/grpc_credentials\.)", GRPC,
     "gRPC stays out of shared/ but for grpc_support/ and credentials/grpc_credentials"),
    (r"agent/checks/", GRPC + r"|agent/(session|executor)/",
     "checks know neither gRPC nor who runs them"),
    (r"agent/executor/", GRPC + r"|agent/session/|agent/checks/\w+/",
     "the executor knows the interface of checks only"),
    (r"agent/session/", r"agent/checks/\w+/", "the session knows no kind of check"),
    (r"agent/spool/", GRPC + r"|agent/(?!spool/)", "the spool knows results and files"),
    (r"agent/checks/postgres/", r"agent/checks/(redis|redis_client|event_bus|http)/",
     "kinds do not know each other"),
    (r"agent/checks/redis/", r"agent/checks/(postgres|event_bus|http)/",
     "kinds do not know each other"),
    (r"agent/checks/event_bus/", r"agent/checks/(postgres|redis|http)/",
     "kinds do not know each other"),
    (r"agent/checks/http/", r"agent/checks/(postgres|redis|redis_client|event_bus)/",
     "kinds do not know each other"),
    (r"agent/checks/(net|redis_client)/", r"agent/checks/(postgres|redis|event_bus|http)/",
     "what kinds share knows no kind"),
    (r"coordinator/leadership/", GRPC + r"|coordinator/(?!leadership/|store/lease_store\.h)",
     "who leads is decided over the lease alone"),
    (r"coordinator/replica/", r"coordinator/(cli|session|service|scheduler|verdict|report|plan)/",
     "replicas know the coordinator as a whole"),
    (r"coordinator/(plan|scheduler|run|verdict|report)/",
     GRPC + "|" + STORES + r"|coordinator/(session|service|cli|web)/",
     "the core knows neither gRPC nor stores nor who serves it"),
    (r"coordinator/(verdict|report)/", r"coordinator/(run|scheduler|store)/",
     "verdict and reports are functions of their input"),
    (r"coordinator/session/", r"coordinator/(?!session/|access/callers?\.h)",
     "sessions know their interface and who calls"),
    (r"coordinator/access/", r"coordinator/(?!access/)", "access knows callers and methods only"),
    (r"coordinator/access/(caller|forwarded_identity|method_table|token_file)\.", GRPC,
     "what decides about access knows no gRPC"),
    (r"coordinator/service/", r"coordinator/(session|scheduler|cli)/",
     "services know their interface only"),
    # It brings the driver's header with it.
    (r"(?!shared/postgres/|agent/checks/postgres/pqxx_|coordinator/store/pqxx_|tests/)",
     r"shared/postgres/pqxx_driver\.h", "only files named after the driver see it"),
    (r"coordinator/store/", GRPC + r"|coordinator/(?!store/)", "stores know nothing above them"),
]

# Headers of drivers, and the only product files that may include each.
DRIVERS = {
    r"pqxx/|libpq-": r"(agent/checks/postgres|coordinator/store)/pqxx_\w+\.cc"
                     r"|shared/postgres/pqxx_driver\.(cc|h)",
    r"hiredis/": r"agent/checks/redis_client/resp_\w+\.cc",
    r"curl/": r"agent/checks/http/curl_(\w+\.cc|transfer\.h|url\.h)",
    r"sqlite3\.h": r"coordinator/store/sqlite_\w+\.cc",
    r"CLI/": r"shared/command_line/parser\.cc",
    r"yaml-cpp/": r"shared/yaml/strict_yaml\.cc",
    r"spdlog/": r"shared/logging\.cc",
    r"re2/": r"shared/(\w+/)?\w+\.cc",
    r"httplib\.h": r"tests/.*",
}

BANNED = [
    (r"#include <regex>", "std::regex crashes on long input: use RE2"),
    (r"absl/container/", "Debian's abseil containers break under sanitizers: use std"),
    (r"absl::Mutex\b", "thread sanitizer does not see absl::Mutex: use shared/mutex.h"),
]
CORE_BANNED = [
    (r"(steady|system)_clock::now\(", "the core reads no clock: time is passed in"),
    (r"\brand\(|random_device|RandomUuid\(", "the core draws no random numbers"),
    (r"std::(thread|mutex|async)\b", "the core has no threads"),
]
CORE = re.compile(r"coordinator/(scheduler|run|verdict)/|agent/session/session_core\.")


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cc"],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return sorted(f for f in set(listed) if (ROOT / f).exists())


def check(name, text):
    product = not name.startswith("tests/")
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{number}"
        line = re.sub(r"(^|\s)//.*", "", line)
        for pattern, why in BANNED:
            if re.search(pattern, line):
                yield f"{where}: {why}"
        if CORE.match(name):
            for pattern, why in CORE_BANNED:
                if re.search(pattern, line):
                    yield f"{where}: {why}"
        include = re.match(r'#include ["<]([^">]+)[">]', line)
        if not include:
            continue
        header = include[1]
        for files, headers, why in FORBIDDEN:
            if re.match(files, name) and re.match(headers, header):
                yield f"{where}: may not include {header}: {why}"
        for headers, files in DRIVERS.items():
            if product and re.match(headers, header) and not re.fullmatch(files, name):
                yield f"{where}: only {files} may include {header}"
    if name.endswith(".h"):
        guard = "SMOKEMESH_" + re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_"
        found = re.search(r"^#ifndef (\w+)\n#define (\w+)$", text, re.MULTILINE)
        if not found or found[1] != guard or found[2] != guard:
            yield f"{name}:1: the header guard must be {guard}"
    top = name.split("/")[0]
    expected = "testing" if top == "tests" else top
    for found in re.finditer(r"^namespace smokemesh::([\w:]+) \{", text, re.MULTILINE):
        if found[1].split("::")[0] not in (expected, top) and product:
            line = text[:found.start()].count("\n") + 1
            yield f"{name}:{line}: the namespace must be smokemesh::{expected}"


def main():
    problems = []
    for name in sources():
        problems += check(name, (ROOT / name).read_text())
    print("\n".join(problems) if problems else f"{len(sources())} files keep the include rules")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
