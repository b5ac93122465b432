"""A headless Chromium that opens pages from files, driven by the DevTools protocol over a pipe."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 120.0
_TO_BROWSER, _FROM_BROWSER = 3, 4  # the descriptors that --remote-debugging-pipe talks on


class Browser:
    """One Chromium with one tab at a time; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._buffer = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Out of the way of 3 and 4, which are theirs in the new process.
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 50) for descriptor in (theirs_in, theirs_out)]
        for descriptor in (theirs_in, theirs_out):
            os.close(descriptor)

        def hand_over() -> None:
            os.dup2(high[0], _TO_BROWSER)
            os.dup2(high[1], _FROM_BROWSER)

        program = shutil.which("chromium") or "chromium"
        argv = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        argv += ["--remote-debugging-pipe", f"--user-data-dir={self._folder / 'profile'}", "about:blank"]
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=hand_over,  # noqa: PLW1509  # two calls of dup2
            env=os.environ | {"HOME": str(self._folder)},
        )
        for descriptor in high:
            os.close(descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def open(self, page: Path, *, width: int = 1400, height: int = 900, scripts: bool = True) -> Page:
        """Return a page in a new tab of this size, loaded."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        opened = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            opened.call(f"{domain}.enable")
        opened.call("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        opened.call("Emulation.setScrollbarsHidden", {"hidden": True})
        opened.resize(width, height)
        self.events.clear()
        opened.call("Page.navigate", {"url": page.absolute().as_uri()})
        self.wait_for("Page.loadEventFired")
        return opened

    def call(self, method: str, parameters: dict[str, Any] | None = None, *, session: str = "") -> dict[str, Any]:
        """Return what a method of the protocol answers. Raises RuntimeError for an error."""
        self._last += 1
        number = self._last
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event: str) -> None:
        """Wait until an event came."""
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self._in, 1 << 20) if ready else b""
            if not data:
                raise RuntimeError("Chromium does not answer")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


class Page:
    """A tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what a method of the protocol answers for this tab."""
        return self._browser.call(method, parameters, session=self._session)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", size)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript. Raises RuntimeError where it throws."""
        parameters = {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.call("Runtime.evaluate", parameters)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def middle(self, selector: str) -> tuple[float, float]:
        """Return the middle of an element in the window, scrolled into it."""
        x, y = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); "
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); "
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        return x, y

    def hover(self, selector: str) -> None:
        """Move the pointer onto an element."""
        self._mouse("mouseMoved", *self.middle(selector))

    def click(self, selector: str, *, times: int = 1) -> None:
        """Click on an element."""
        x, y = self.middle(selector)
        self._mouse("mouseMoved", x, y)
        for count in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self._mouse(kind, x, y, button="left", clickCount=count)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at one point, move in steps, let go at another."""
        self._mouse("mouseMoved", *start)
        self._mouse("mousePressed", *start, button="left", clickCount=1)
        for step in range(1, 6):
            x, y = (a + (b - a) * step / 5 for a, b in zip(start, end, strict=True))
            self._mouse("mouseMoved", x, y, button="left", buttons=1)
        self._mouse("mouseReleased", *end, button="left", clickCount=1)

    def _mouse(self, kind: str, x: float, y: float, **more: object) -> None:
        self.call("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})

    def screenshot(self, path: Path, *, whole: bool = False) -> Path:
        """Write what the window shows, or the whole page, as PNG."""
        answer = self.call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    def pdf(self, path: Path) -> Path:
        """Print the page."""
        answer = self.call("Page.printToPDF", {"printBackground": True, "paperWidth": 8.27, "paperHeight": 11.69})
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    def source(self) -> str:
        """Return the document as it stands, with scripts or without."""
        return str(self.call("DOM.getOuterHTML", {"nodeId": self._node("html")})["outerHTML"])

    def is_shown(self, selector: str) -> bool:
        """Return whether an element takes part in the layout, with scripts or without."""
        node = self._node(selector)
        try:
            self.call("DOM.getBoxModel", {"nodeId": node})
        except RuntimeError:
            return False
        return True

    def _node(self, selector: str) -> int:
        document = self.call("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        found = int(self.call("DOM.querySelector", {"nodeId": document, "selector": selector})["nodeId"])
        if not found:
            raise RuntimeError(f"the page has no {selector}")
        return found

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the page was opened."""
        sent = [e for e in self._browser.events if e.get("method") == "Network.requestWillBeSent"]
        return [e["params"]["request"]["url"] for e in sent]

    def complaints(self) -> list[str]:
        """Return exceptions, and what the browser logged: violations of the policy above all."""
        kinds = {"Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"}
        return [json.dumps(e["params"]) for e in self._browser.events if e.get("method") in kinds]
