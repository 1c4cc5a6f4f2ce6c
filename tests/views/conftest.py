from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, field

import pytest

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Opened:
    """A page in the browser, and everything that it asked for or complained about."""

    page: object
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def check(self):
        assert self.requests == []
        assert self.complaints == []


def until(tab, condition: str, seconds: float = 15.0):
    """Wait for a condition in the page; Playwright's own waiting needs eval, which is forbidden."""
    end = time.monotonic() + seconds
    while not tab.evaluate(condition):
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {condition}")
        time.sleep(0.04)


@pytest.fixture(autouse=True)
def no_windows():
    import matplotlib
    import matplotlib.pyplot as plt

    matplotlib.use("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def browser():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs a Chromium: install it or set CHROMIUM")
        pytest.skip("no Chromium found; install one or set CHROMIUM to its path")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a Page from a file and record requests and complaints."""
    contexts = []

    def opened(page, *, hash="", name="page.html", ready=True, **options) -> Opened:
        path = tmp_path / name
        page.save(path)
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        tab = context.new_page()
        seen = Opened(tab)
        tab.on("request", lambda r: None if r.url.startswith((path.as_uri(), "data:"))
               else seen.requests.append(r.url))  # fmt: skip
        tab.on("console", lambda message: seen.complaints.append(message.text))
        tab.on("pageerror", lambda error: seen.complaints.append(str(error)))
        tab.on("dialog", lambda dialog: (seen.complaints.append("dialog"), dialog.dismiss()))
        tab.goto(path.as_uri() + hash)
        if ready:
            until(tab, "document.documentElement.dataset.ready === 'true'")
        return seen

    yield opened
    for context in contexts:
        context.close()
