#!/usr/bin/env python3
"""Reads junit.xml of all sample runs as others do: with junitparser (which GitHub's actions for test
results use too), with libxml2 against a schema of the dialect, and by the rules of GitLab's parser.

usage: junit_test.py --samples REPORT_SAMPLES
"""
import argparse
import collections
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

try:
    from junitparser import Error, Failure, JUnitXml, Skipped
except ImportError:
    sys.exit("the JUnit tests need Debian's package python3-junitparser: ./dev test installs it")

OPTIONS = None
SCHEMA = pathlib.Path(__file__).parent / "junit.xsd"


def cases(report):
    return [case for suite in report for case in suite]


def of_kind(report, *kinds):
    return [c for c in cases(report) if any(isinstance(r, kinds) for r in c.result)]


def lint(path):
    return subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, path], capture_output=True,
                          text=True, check=False)


def gitlab(path):
    """The cases that GitLab keeps, as lib/gitlab/ci/parsers/test/junit.rb reads them: the first of
    equal class and name; `failure` before `error` before `skipped`, and their text only."""
    kept = {}
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        status, text = "success", None
        for tag, word in (("failure", "failed"), ("error", "error"), ("skipped", "skipped")):
            if case.find(tag) is not None:
                status, text = word, case.find(tag).text
                break
        kept.setdefault((case.get("classname"), case.get("name")), (status, text))
    return kept


class JunitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        subprocess.run([OPTIONS.samples, folder.name], check=True)
        cls.paths = sorted(glob.glob(f"{folder.name}/*.junit.xml"))
        cls.reports = {os.path.basename(p).split(".")[0]: JUnitXml.fromfile(p) for p in cls.paths}

    def test_there_are_reports_of_every_decision(self):
        codes = collections.Counter(p.split(".")[-3] for p in self.paths)
        self.assertEqual(set(codes), {"0", "1", "4", "5"})
        self.assertGreaterEqual(len(self.paths), 15)

    def test_the_schema_of_the_dialect_holds(self):
        self.assertTrue(shutil.which("xmllint"), "install Debian's package libxml2-utils")
        for path in self.paths:
            done = lint(path)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_schema_refuses_what_some_reader_would_misread(self):
        good = pathlib.Path(next(p for p in self.paths if "rollback.1." in p)).read_text()
        for name, old, new in (
                ("two marks", "</failure>", "</failure><error message='a' type='A'>a</error>"),
                ("no message", ' message="', ' note="'),
                ("equal names", 'name="transaction_commit"', 'name="database_connectivity"'),
                ("a type that Rails converts", 'type="FAILED"', 'type="yaml"'),
                ("no numbers", ' tests="', ' count="')):
            self.assertIn(old, good, name)
            path = pathlib.Path(self.folder) / "bad.xml"
            path.write_text(good.replace(old, new, 1))
            self.assertEqual(lint(path).returncode, 3, name)

    def test_numbers_are_those_of_the_elements(self):
        for name, report in self.reports.items():
            for part in [report, *report]:
                said = (part.tests, part.failures, part.errors, part.skipped)
                part.update_statistics()  # counts the elements
                self.assertEqual(said, (part.tests, part.failures, part.errors, part.skipped), name)
            self.assertGreater(report.tests, 0)

    def test_every_case_has_one_mark_at_most_and_says_why(self):
        for name, report in self.reports.items():
            for case in cases(report):
                self.assertLessEqual(len(case.result), 1, (name, case.name))
                for mark in case.result:
                    self.assertTrue(mark.message, (name, case.name))
                    first = mark.text.split("\n")[0]
                    self.assertEqual(first, mark.message.replace("[[ATT", "[\\[ATT"), name)

    def test_promote_is_never_red_and_all_else_always_is(self):
        for path in self.paths:
            report = JUnitXml.fromfile(path)
            red = of_kind(report, Failure, Error)
            if path.endswith(".0.junit.xml"):
                self.assertEqual([c.name for c in red], [], path)
            else:
                self.assertIn("decision", [c.name for c in red], path)

    def test_shadow_and_tolerated_checks_are_skipped_and_say_so(self):
        skipped = {c.name: c.result[0].message for c in of_kind(self.reports["shadow"], Skipped)}
        self.assertEqual(set(skipped), {"event_latency", "replica_lag"})
        self.assertTrue(skipped["event_latency"].startswith("shadow check, not judged: FAILED: "))
        self.assertEqual(skipped["replica_lag"], "shadow check, not judged: PASSED")
        tolerated = of_kind(self.reports["tolerated"], Skipped)
        self.assertEqual({c.name for c in tolerated}, {"partner_webhook", "partner_feed"})
        for case in tolerated:
            self.assertTrue(case.result[0].message.startswith("tolerated by the policy: FAILED: "))
            self.assertIn("expected: duration < 500ms", case.result[0].text)

    def test_rounds_are_a_suite(self):
        for name, red in (("bake_rollback", ["round 2", "round 4"]), ("bake_promote", [])):
            suite = next(s for s in self.reports[name] if s.name == "rounds")
            self.assertEqual([c.name for c in suite], [f"round {i}" for i in (1, 2, 3, 4)])
            self.assertEqual([c.name for c in suite if any(isinstance(r, (Failure, Error))
                                                           for r in c.result)], red)
        second = [c for c in of_kind(self.reports["bake_promote"], Skipped) if c.name == "round 2"]
        self.assertTrue(second[0].result[0].message.startswith("does not count: HOLD: "))

    def test_gitlab_loses_no_case_and_shows_the_evidence(self):
        for path in self.paths:
            kept = gitlab(path)
            self.assertEqual(len(kept), len(cases(JUnitXml.fromfile(path))), path)
            for key, (status, text) in kept.items():
                if status != "success":
                    self.assertTrue(text and text.strip(), (path, key))
        shown = gitlab(next(p for p in self.paths if "/rollback.1." in p))
        status, text = shown[("engagement.database@engagement-1", "constraint_enforcement")]
        self.assertEqual(status, "failed")
        self.assertIn("expected: sqlstate == 23514\nseen:     00000 (1 row inserted)", text)

    def test_jenkins_finds_packages_of_services(self):
        # Jenkins splits the class at the last dot; the part before it is the package.
        packages = {c.classname.rpartition(".")[0] for c in cases(self.reports["rollback"])}
        self.assertEqual(packages, {"engagement", "identity", "gateway", ""})

    def test_nothing_of_the_target_chooses_an_attachment(self):
        text = "".join(t for p in self.paths if "hostile" in p
                       for t in xml.etree.ElementTree.parse(p).getroot().itertext())
        self.assertIn("ATTACHMENT|/etc/passwd", text)
        self.assertIsNone(re.search(r"\[\[ATTACHMENT\|", text))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
