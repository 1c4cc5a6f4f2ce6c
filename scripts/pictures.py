"""Take the pictures of docs/images from the pages of a run.

Needs Playwright for Python and a Chromium (``CHROMIUM`` names another one)::

    chipflow demo --out chipflow-demo
    python scripts/pictures.py chipflow-demo
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# name, page, width, height, colour scheme, whether the first lead is opened
PICTURES = (
    ("map.png", "map.html", 1400, 800, "light", False),
    ("map-dossier.png", "map.html", 1400, 800, "light", True),
    ("map-dark.png", "map.html", 1400, 800, "dark", True),
    ("map-phone.png", "map.html", 390, 844, "light", False),
    ("network.png", "network.html", 1400, 800, "light", False),
    ("report.png", "report.html", 1100, 1400, "light", False),
)
WAIT = 900  # milliseconds until the view is at rest


def main() -> int:
    """Write every picture whose page is in the run's folder."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder that chipflow analyze or demo wrote")
    parser.add_argument("--out", type=Path, default=IMAGES)
    options = parser.parse_args()
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        print("no Chromium found: install one or set CHROMIUM to its path", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        for name, page, width, height, scheme, opened in PICTURES:
            if (options.run / page).exists():
                _take(browser, options, name, page, (width, height), scheme, opened)
                print(options.out / name)
        browser.close()
    return 0


def _take(
    browser: Any, options: argparse.Namespace, name: str, page: str, size: tuple[int, int],
    scheme: str, opened: bool,
) -> None:  # fmt: skip
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(
        viewport=viewport, color_scheme=scheme, reduced_motion="reduce", device_scale_factor=1
    )
    tab = context.new_page()
    tab.goto((options.run / page).resolve().as_uri())
    if opened and tab.locator("[data-lead]").count():
        tab.locator("[data-lead]").first.click()
        tab.evaluate("document.activeElement.blur()")
    tab.wait_for_timeout(WAIT)
    tab.screenshot(path=options.out / name)
    context.close()


if __name__ == "__main__":
    raise SystemExit(main())
