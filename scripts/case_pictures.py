"""Take the pictures of maps that are hard to draw, and write the page that shows them.

Needs Playwright for Python and a Chromium (``CHROMIUM`` names another one)::

    python scripts/case_pictures.py
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from chipflow.views import route_map  # noqa: E402
from tests.views.cases import CASES  # noqa: E402
from tests.views.conftest import CHROMIUM_ARGUMENTS  # noqa: E402

SIZE = {"width": 1180, "height": 640}
WAIT = 900  # milliseconds until the view is at rest
COLOURS = 200  # of a picture's palette: enough for flat colours, and the files stay small

HEAD = """# Maps that are hard to draw

<!-- Written by scripts/case_pictures.py. -->

What the map does where a route crosses the date line, ends near a pole, passes a country smaller
than its mark, stays inside one country or has no country at all. All records are made up.
"""


def main() -> int:
    """Write a picture for each case, and the page."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        print("no Chromium found: install one or set CHROMIUM to its path", file=sys.stderr)
        return 1
    images = options.docs / "images" / "cases"
    images.mkdir(parents=True, exist_ok=True)
    page = [HEAD]
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        for name, made in CASES.items():
            path = route_map(made()).save(Path(folder) / f"{name}.html")
            tab = browser.new_page(viewport=SIZE, reduced_motion="reduce")
            tab.goto(path.as_uri())
            tab.wait_for_timeout(WAIT)
            picture = Image.open(BytesIO(tab.screenshot())).convert("RGB")
            picture = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
            picture.save(images / f"{name}.png", optimize=True)
            tab.close()
            print(images / f"{name}.png")
            words = (made.__doc__ or name).strip()
            title = name.replace("-", " ").capitalize()
            page.append(f"## {title}\n\n{words}\n\n![{words}](images/cases/{name}.png)\n")
        browser.close()
    (options.docs / "map-cases.md").write_text("\n".join(page), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
