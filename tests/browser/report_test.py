#!/usr/bin/env python3
"""Opens report.html in a real browser: reports of sample runs, and one of the real binary.

usage: report_test.py --samples REPORT_SAMPLES --binary SMOKEMESH [--pictures DIR]
"""
import argparse
import glob
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from webdriver import Browser  # noqa: E402

OPTIONS = None
PROBES = (pathlib.Path(__file__).parent / "probes.js").read_text()
LOOKS = {"light": {}, "dark": {"scheme": "dark"}, "narrow": {"width": 390},
         "narrow_dark": {"width": 390, "scheme": "dark"}, "print": {"media": "print", "width": 800}}
ARROW_RIGHT, ARROW_LEFT, ENTER = "\ue014", "\ue012", "\ue007"

PLAN = """name: browser
connections: {here: {http: "http://127.0.0.1:%d"}}
suites: [{name: services, title: Services, target: 30s}]
checks:
  - name: answers
    suite: services
    tags: [smoke, critical]
    http: {steps: [{request: {url: /}, expect: ["status == 200"]}]}
  - name: speaks
    suite: services
    tags: [smoke]
    http: {steps: [{request: {url: /}, expect: ["body == nothing"]}]}
policy:
  rollback: [{rule: critical-path, select: critical, not_passed_at_least: 1}]
"""


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<script>document.title = 'owned'</script>"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([OPTIONS.samples, cls.folder.name], check=True)
        cls.browser = Browser().__enter__()
        cls.addClassCleanup(cls.browser.__exit__)
        cls.pages = sorted(glob.glob(f"{cls.folder.name}/*.html"))

    def open(self, page, fragment="", **look):
        """Opens the page and returns what it asked the network for, itself left out."""
        browser = self.browser
        browser.appear(**look)
        browser.open("about:blank")
        browser.log("performance")
        browser.log("browser")
        url = pathlib.Path(page).as_uri()
        browser.open(url + fragment)
        browser.run(f"{PROBES}; window.probe = probe;")
        asked = []
        for entry in browser.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        self.assertIn(url, [a.split("#")[0] for a in asked], "the log of requests is not on")
        return [a for a in asked if a.split("#")[0] != url]

    def ask(self, name):
        return self.browser.run(f"return probe.{name}()")

    def sample(self, name):
        found = [p for p in self.pages if os.path.basename(p).startswith(name + ".")]
        self.assertEqual(len(found), 1, name)
        return found[0]

    def test_every_page_is_sound_in_every_look(self):
        self.assertGreaterEqual(len(self.pages), 15)
        for page in self.pages:
            for look, how in LOOKS.items():
                with self.subTest(page=os.path.basename(page), look=look):
                    self.assertEqual(self.open(page, **how), [], "requests")
                    self.assertLessEqual(self.ask("tooWide"), 0, "scrolls sideways")
                    bars = self.ask("bars")
                    self.assertGreater(bars["count"], 0)
                    self.assertEqual((bars["astray"], bars["covered"]), (0, 0), "bars")
                    if "large500" not in page:
                        self.ask("openAll")
                        self.assertLessEqual(self.ask("tooWide"), 0, "scrolls sideways when open")
                    faint = self.ask("faint")
                    self.assertGreater(faint["looked"], 30)
                    self.assertEqual(faint["found"], [], "contrast")
                    if OPTIONS.pictures:
                        stem = os.path.basename(page).replace(".html", "")
                        self.browser.screenshot(f"{OPTIONS.pictures}/{stem}.{look}.png")
                    self.assertEqual(self.browser.log("browser"), [], "console")

    def test_the_contrast_probe_finds_faint_text(self):
        self.open(self.sample("promote"))
        self.browser.run("document.querySelector('.summary').style.color = '#bbb'")
        self.assertEqual(len(self.ask("faint")["found"]), 1)

    def test_the_console_probe_finds_a_violation_of_the_policy(self):
        self.open(self.sample("promote"))
        self.browser.run("document.body.append(Object.assign(document.createElement('img'), "
                         "{src: 'https://example.invalid/x.png'}))")
        self.assertTrue(any("Content Security Policy" in e["message"]
                            for e in self.browser.log("browser")))

    def test_every_bar_stands_for_a_check_of_an_agent(self):
        for name, bars in (("rollback", 8), ("hold", 9), ("large47", 47), ("large500", 500)):
            self.open(self.sample(name))
            self.assertEqual(self.ask("bars")["count"], bars, name)
            self.assertTrue(self.browser.run(
                "return [...document.querySelectorAll('.band a')].every("
                "a => document.querySelector(a.getAttribute('href') + '.check'))"))

    def test_filter_by_word_outcome_suite_and_agent(self):
        self.open(self.sample("rollback"))
        self.assertEqual(len(self.ask("visible")), 10)
        self.browser.type("#filter", "Constraint")
        self.assertEqual(self.ask("visible"), ["constraint_enforcement", "status_transition"])
        self.assertEqual(self.browser.run("return document.getElementById('shown').textContent"),
                         "2 of 10")
        self.browser.click("button[data-outcome=blocked]")
        self.assertEqual(self.ask("visible"), ["status_transition"])
        self.assertEqual(self.browser.run("return document.querySelectorAll('.band a.dim').length"),
                         8)
        self.browser.click("button[data-outcome=blocked]")
        self.browser.run("document.getElementById('filter').value = '';"
                         "document.getElementById('filter').dispatchEvent(new Event('input'))")
        self.browser.click("#suite option[value='1']")
        self.assertEqual(self.ask("visible"), ["event_persistence", "redis_pub_sub"])
        self.browser.click("#suite option[value='']")
        self.browser.click("#agent option[value='1']")
        self.assertEqual(self.ask("visible"),
                         ["status_transition", "gateway_health", "login", "token_expiry"])
        self.browser.type("#filter", "nothing has this name")
        self.assertEqual(self.ask("visible"), [])
        self.assertEqual(self.browser.log("browser"), [])

    def test_a_link_opens_its_check_even_if_the_filter_hides_it(self):
        state = "const c = document.getElementById('c4'), b = c.getBoundingClientRect();" \
                "return [c.open, b.top >= 0 && b.top < innerHeight]"
        self.open(self.sample("rollback"), fragment="#c4")
        self.assertEqual(self.browser.run(state), [True, True])
        self.open(self.sample("rollback"))
        self.assertEqual(self.browser.run("return document.getElementById('c4').open"), False)
        self.browser.type("#filter", "constraint")
        self.browser.run("location.hash = '#c4'")
        self.browser.wait_until("document.getElementById('c4').open")
        self.assertEqual(self.browser.run(state), [True, True])
        self.assertEqual(len(self.ask("visible")), 10)

    def test_the_timeline_can_be_walked_with_the_keyboard(self):
        self.open(self.sample("large47"))
        self.assertEqual(self.browser.run(
            "return [...document.querySelectorAll('.band a')].filter(a => a.tabIndex === 0).length"),
            1)
        self.browser.run("document.querySelector('.band a').focus()")
        focused = "return document.activeElement.querySelector('title').textContent"
        first = self.browser.run(focused)
        self.browser.press(ARROW_RIGHT)
        second = self.browser.run(focused)
        self.assertNotEqual(first, second)
        self.assertEqual(self.browser.run("return document.getElementById('bar').textContent"),
                         second)
        self.browser.press(ARROW_LEFT)
        self.assertEqual(self.browser.run(focused), first)
        self.browser.press(ENTER)
        self.browser.wait_until("location.hash && document.querySelector(location.hash).open")

    def test_printing_opens_what_needs_attention(self):
        self.open(self.sample("tolerated"))
        opened = "return [...document.querySelectorAll('.check[open] .name')].map(n => n.textContent)"
        self.assertEqual(self.browser.run(opened), [])
        self.browser.run("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(self.browser.run(opened), ["partner_webhook", "partner_feed"])
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(self.browser.run(opened), [])
        pdf = self.browser.command("POST", "/print", {})
        self.assertTrue(pdf.startswith("JVBER"), "no PDF")

    def test_nothing_of_the_target_is_carried_out(self):
        self.open(self.sample("hostile"))
        self.ask("openAll")
        self.assertEqual(self.browser.run("return document.querySelectorAll('script').length"), 1)
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('img,iframe,link,object,embed,form,base').length"), 0)
        for selector in (".summary", ".check .name", "dd.seen", "h1", "option:nth-child(2)"):
            self.assertIn("</script><script>alert(1)</script>", self.browser.run(
                "return document.querySelector(arguments[0]).textContent", selector), selector)
        self.assertIn("\\x1b[2J", self.browser.run("return document.body.innerText"))
        self.browser.type("#filter", "<script>")
        self.assertEqual(len(self.ask("visible")), 2)
        self.assertEqual(self.browser.log("browser"), [])

    def test_without_scripts_everything_but_the_filter_is_there(self):
        self.browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self.browser.open(pathlib.Path(self.sample("rollback")).as_uri())
            nodes = self.browser.cdp("Accessibility.getFullAXTree")["nodes"]
        finally:
            self.browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
        text = " ".join(n.get("name", {}).get("value", "") for n in nodes)
        for part in ("ROLLBACK", "too-many-failures", "sqlstate == 23514", "00000 (1 row inserted)",
                     "database_connectivity", "would not hold with"):
            self.assertIn(part, text)
        self.assertNotIn("search", [n.get("role", {}).get("value") for n in nodes])

    def test_screen_readers_find_landmarks_headings_and_names(self):
        for name in ("rollback", "bake_rollback", "compared"):
            self.open(self.sample(name))
            self.ask("openAll")
            nodes = [n for n in self.browser.cdp("Accessibility.getFullAXTree")["nodes"]
                     if not n.get("ignored")]
            roles = [n["role"]["value"] for n in nodes]
            for landmark in ("banner", "main", "contentinfo", "navigation", "search"):
                self.assertEqual(roles.count(landmark), 1, landmark)
            for node in nodes:
                if node["role"]["value"] in ("link", "button", "searchbox", "combobox", "region",
                                             "image", "group", "DisclosureTriangle"):
                    self.assertTrue(node.get("name", {}).get("value", "").strip() or
                                    node["role"]["value"] == "group", node)
            levels = [p["value"]["value"] for n in nodes if n["role"]["value"] == "heading"
                      for p in n["properties"] if p["name"] == "level"]
            self.assertEqual(levels[0], 1)
            self.assertEqual(levels.count(1), 1)
            self.assertTrue(all(b - a <= 1 for a, b in zip(levels, levels[1:])), levels)

    def test_bake_changes_tolerated_and_shadow_sections_are_shown(self):
        for name, parts in (
                ("bake_rollback", ("ROLLBACK", "Rounds", "crossed in 2 of the last 3 rounds")),
                ("bake_promote", ("PROMOTE", "Rounds", "HOLD")),
                ("compared", ("Changed since", "usually 438ms", "newly failing", "audit_log")),
                ("tolerated", ("PROMOTE", "Tolerated", "partners-may-be-late")),
                ("shadow", ("PROMOTE", "Shadow checks", "event_latency"))):
            self.open(self.sample(name))
            text = self.browser.run("return document.body.textContent")
            for part in parts:
                self.assertIn(part, text, name)

    def test_the_matrix_of_services_is_a_table_that_leads_to_its_checks(self):
        table = """const table = document.querySelector('table.matrix');
            const text = cell => cell.textContent.trim();
            const seen = cell => getComputedStyle(cell).display !== 'none';"""
        self.open(self.sample("mesh"))
        columns, rows = self.browser.run(f"""{table}
            return [[...table.querySelectorAll('thead th[scope=col]')].map(text),
                    [...table.querySelectorAll('tbody tr')].map(row => [...row.children].map(text))]""")
        self.assertEqual(columns, ["caller", "engagement", "identity", "catalog", "billing"])
        self.assertEqual([row[0] for row in rows],
                         ["gateway", "engagement", "catalog", "identity", "worker"])
        self.assertEqual(rows[0][1:], ["✓ passed 12ms", "✗ failed callee 5s", "·",
                                       "✗ failed network 5s"])
        self.assertEqual(rows[2][1], "✗ failed caller 5s")
        self.assertEqual(rows[4][4], "! missing")
        self.assertEqual(self.browser.run(f"""{table}
            return [...table.querySelectorAll('tbody th')].every(head => head.scope === 'row')"""),
                         True)
        # Each edge leads to the check that probes it.
        names = self.browser.run(f"""{table}
            return [...table.querySelectorAll('td a')].map(link => {{
                const check = document.querySelector(link.getAttribute('href'));
                return check ? check.querySelector('.name').textContent : 'nowhere';
            }})""")
        self.assertEqual(len(names), 9)
        self.assertEqual((names[0], names[-1]), ("calls.gateway.engagement", "calls.worker.billing"))
        # Where there is no room for columns, a cell says whom it is about; undeclared edges go.
        self.open(self.sample("mesh"), width=390)
        cells = self.browser.run(f"""{table}
            return [...table.querySelectorAll('td')].filter(seen).map(cell =>
                getComputedStyle(cell, '::before').content + ' ' + text(cell))""")
        self.assertEqual(len(cells), 9)
        self.assertIn('identity', cells[1])
        self.assertIn('callee', cells[1])
        self.open(self.sample("mesh"), media="print", width=800)
        self.assertTrue(self.browser.run(f"{table} return seen(table)"))

    def test_the_report_of_the_real_binary(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            plan = pathlib.Path(self.folder.name) / "plan.yaml"
            plan.write_text(PLAN % server.server_address[1])
            report = pathlib.Path(self.folder.name) / "report"
            done = subprocess.run([OPTIONS.binary, "run", plan, "--report", report],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  cwd=self.folder.name, check=False)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        self.assertEqual(done.returncode, 5, done.stdout)
        self.assertEqual(self.open(report / "report.html"), [])
        self.assertEqual(sorted(self.ask("visible")), ["answers", "speaks"])
        self.assertEqual(self.ask("bars"), {"count": 2, "astray": 0, "covered": 0})
        self.assertTrue(self.browser.run("return document.title").startswith("HOLD"))
        self.assertIn("document.title = 'owned'", self.browser.run("return document.body.innerText"))
        self.assertEqual(self.browser.log("browser"), [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", required=True)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--pictures")
    OPTIONS, rest = parser.parse_known_args()
    if OPTIONS.pictures:
        os.makedirs(OPTIONS.pictures, exist_ok=True)
    unittest.main(argv=[sys.argv[0], *rest])
