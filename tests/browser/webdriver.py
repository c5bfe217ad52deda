"""A small WebDriver client: one chromedriver and one headless Chromium, standard library only.

https://www.w3.org/TR/webdriver2/ names the commands; `cdp` sends those of the DevTools protocol.
"""
import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

HOW_TO_INSTALL = ("the browser tests need Debian's packages chromium and chromium-driver: "
                  "./dev test installs them")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """A browser with a profile of its own, gone with all its processes when the context ends."""

    def __enter__(self):
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not chromium or not driver:
            raise RuntimeError(HOW_TO_INSTALL)
        self.folder = tempfile.mkdtemp(prefix="smokemesh-browser-")
        self.driver = None
        try:
            self._start(chromium, driver)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, chromium, driver):
        # HOME and TMPDIR are the profile's folder: nothing is read from or left in the user's own.
        environment = dict(os.environ, HOME=self.folder, TMPDIR=self.folder)
        self.driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, env=environment,
                                       start_new_session=True)
        port = None
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                port = int(found[1])
                break
        if port is None:
            raise RuntimeError("chromedriver ended before it listened")
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     "--no-first-run", "--disable-breakpad", "--disable-crash-reporter",
                     "--disable-background-networking", "--disable-extensions",
                     "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
                     f"--user-data-dir={self.folder}/profile"]
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.session = f"/session/{answer['sessionId']}"

    def __exit__(self, *_):
        if self.driver is not None:
            try:
                self._send("DELETE", self.session, None)
            except (AttributeError, OSError, RuntimeError, http.client.HTTPException):
                pass
            # The driver's group is its own, and holds the browser.
            try:
                os.killpg(self.driver.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.driver.stdout.close()
            self.driver.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send(self, method, path, body):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, {"content-type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())["value"]
        if isinstance(answer, dict) and "error" in answer and "stacktrace" in answer:
            raise RuntimeError(f"{path}: {answer['error']}: {answer['message']}")
        return answer

    def command(self, method, path, body=None):
        return self._send(method, self.session + path, {} if body is None and method == "POST"
                          else body)

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of the function body `script`."""
        return self.command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait_until(self, expression):
        """Until a JavaScript expression is true; an error after the driver's 30 s for a script."""
        self.run("return new Promise(done => { const look = () => "
                 f"({expression}) ? done(true) : setTimeout(look, 10); look(); }})")

    def find(self, selector):
        return self.command("POST", "/element",
                            {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.command("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector, text):
        self.command("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys):
        """Presses keys one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.command("POST", "/actions",
                     {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def cdp(self, command, **parameters):
        return self.command("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self, kind):
        """What was logged since the last call: `browser` (console) or `performance` (DevTools)."""
        return self.command("POST", "/se/log", {"type": kind})

    def appear(self, width=1280, scheme="light", media="screen"):
        """How the page is shown from now on."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=900,
                 deviceScaleFactor=1, mobile=False)
        self.cdp("Emulation.setEmulatedMedia", media=media,
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        data = self.cdp("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
