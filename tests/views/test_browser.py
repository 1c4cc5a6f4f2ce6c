from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from chipflow.views import network_view, report, route_map
from tests.views.cases import CASES
from tests.views.conftest import until
from tests.views.hostile import HOSTILE, hostile_leads
from tests.views.made_leads import hop, leads_of, many_leads, no_leads, small_leads, small_page

pytestmark = pytest.mark.browser


def count_inked(tab) -> int:
    """Pixels of the arc canvas that are drawn on."""
    return tab.evaluate("""() => {
      const canvas = document.getElementById('arcs');
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      let inked = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i]) inked += 1;
      return inked;
    }""")


def settle(tab):
    tab.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 420))")


def test_map_as_a_reader_uses_it(open_page):
    seen = open_page(small_page("route_map"))
    tab = seen.page
    assert tab.locator("#list .item").count() == 5
    settle(tab)
    assert count_inked(tab) > 2_000

    tab.select_option("#chip", "H100")
    assert tab.locator("#list .item").count() == 2
    tab.select_option("#country", "TR")
    assert tab.locator("#list .item").count() == 1
    tab.click("#reset")
    until(tab, "document.querySelectorAll('#list .item').length === 5")

    tab.fill("#search", "kancil")
    # A row has a text only once it is laid out, which a busy machine does a frame later.
    until(tab, "document.querySelector('#list .item .route').innerText !== ''")
    assert tab.locator("#list .item .route").all_inner_texts() == ["US\u2192SG\u2192MY\u2192CN"]
    tab.fill("#search", "nobody here")
    assert "No lead passes" in tab.inner_text("#list")
    tab.fill("#search", "")

    tab.click("[data-lead=L0002]")
    dossier = tab.inner_text("#dossier")
    for words in (
        "Taiwan",
        "may have moved",
        "Why it stands out",
        "innocently",
        "would settle it",
        "Inside United Arab Emirates",
        "bills.csv, row 5",
        "domestic hand-over",
    ):
        assert words in dossier
    assert tab.evaluate("document.activeElement.id") == "dossier-title"
    assert "lead=L0002" in tab.evaluate("location.hash")
    tab.keyboard.press("Escape")
    assert tab.locator("#dossier").is_hidden()
    assert tab.evaluate("document.activeElement.dataset.lead") == "L0002"
    assert tab.evaluate("location.hash") in ("", "#")
    seen.check()


def test_a_link_to_a_view_opens_that_view(open_page):
    page = small_page("route_map")
    seen = open_page(page)
    seen.page.fill("#search", "cedar")
    seen.page.select_option("#chip", "H100")
    seen.page.click("[data-lead=L0003]")
    link = seen.page.evaluate("location.hash")
    again = open_page(page, hash=link)
    assert again.page.input_value("#search") == "cedar"
    assert again.page.input_value("#chip") == "H100"
    assert "Netherlands" in again.page.inner_text("#dossier h2")
    again.page.evaluate("location.hash = '#lead=L0001'")
    until(again.page, "document.querySelector('#dossier h2').innerText.includes('Malaysia')")
    again.check()


@pytest.mark.parametrize(
    "hash", ["#lead=nope", "#months=9-2&chip=%00", "#%ff%fe", "#lead=__proto__"]
)
def test_a_broken_link_opens_the_map(open_page, hash):
    seen = open_page(small_page("route_map"), hash=hash)
    assert seen.page.locator("#list .item").count() == 5
    seen.check()


def test_time_plays_and_stops(open_page):
    seen = open_page(small_page("route_map"))
    tab = seen.page
    assert tab.inner_text("#when") == "Nov 2023 \u2013 Aug 2024"
    tab.click("#play")
    second = "document.getElementById('when').textContent === 'Nov 2023 \u2013 Dec 2023'"
    until(tab, second)
    assert tab.locator("#list .item").count() == 1
    tab.click("#play")
    before = tab.inner_text("#when")
    settle(tab)
    settle(tab)
    assert tab.inner_text("#when") == before
    tab.focus("#to")
    tab.keyboard.press("End")
    assert tab.locator("#list .item").count() == 5
    seen.check()


def test_countries_and_arcs_can_be_opened(open_page):
    seen = open_page(small_page("route_map"))
    tab = seen.page
    tab.click("#tab-countries")
    tab.click("[data-country=SG]")
    dossier = tab.inner_text("#dossier")
    assert "Singapore" in dossier
    assert "Lead 1" in dossier
    assert "Merlion Data" in dossier
    tab.keyboard.press("Escape")
    tab.click("#flows")
    settle(tab)
    # The dot of a country opens that country, as its button does.
    settle(tab)
    x, y = tab.evaluate("""() => {
      const box = document.getElementById('arcs').getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    }""")
    tab.mouse.move(x, y)
    tab.mouse.wheel(0, -400)
    tab.mouse.down()
    tab.mouse.move(x + 60, y + 30, steps=4)
    tab.mouse.up()
    tab.focus("#arcs")
    for key in ("ArrowLeft", "+", "-", "0"):
        tab.keyboard.press(key)
    tab.click("#turn")
    settle(tab)
    assert count_inked(tab) > 500
    seen.check()


def leads_with_q():
    leads = small_leads()
    leads.table["p_value"] = [0.001, 0.01, 0.05, 0.1, None]
    leads.table["q_value"] = [0.004, 0.03, 0.08, 0.2, None]
    leads.table["no_coincidence"] = [0.99, 0.96, 0.92, 0.8, None]
    leads.table["units_low"] = [50.0, 200.0, 30.0, 10.0, None]
    leads.table["units_high"] = [64.0, 256.0, 40.0, 16.0, None]
    extra = {"lead_id": "L0003", "part": "split below a size", "kind": "reason", "log_lr": 1.0,
             "sentence": "Two lots of the same size left within ten days.",
             "record_ids": ""}  # fmt: skip
    leads.evidence.loc[len(leads.evidence)] = extra
    return leads


def test_filters_by_q_value_evidence_and_company(open_page):
    page = route_map(leads_with_q())
    seen = open_page(page)
    tab = seen.page
    items = tab.locator("#list .item")
    # Where q-values tell leads apart the colours show them, and the legend says so.
    assert "q-value" in tab.inner_text("#colours")
    tab.select_option("#colour", "evidence")
    assert "Evidence score" in tab.inner_text("#colours")
    tab.click("#more-filters summary")
    tab.select_option("#most", "0.1")
    assert items.count() == 3
    tab.select_option("#evidence", label="split below a size")
    assert items.count() == 1
    tab.select_option("#evidence", "")
    tab.select_option("#most", "")
    tab.select_option("#company", label="Tulip Parts BV")
    assert items.locator(".route").all_inner_texts() == ["US\u2192NL\u2192TR\u2192TR\u2192CN"]
    tab.click("[data-lead=L0003]")
    dossier = tab.inner_text("#dossier")
    assert "(30\u201340)" in dossier
    assert "About 9 in 10 leads like this were no coincidence." in dossier
    again = open_page(page, hash=tab.evaluate("location.hash"))
    assert again.page.locator("#list .item").count() == 1
    assert again.page.input_value("#colour") == "evidence"
    assert "Two lots of the same size" in again.page.inner_text("#dossier")
    again.page.click("#reset")
    until(again.page, "document.querySelectorAll('#list .item').length === 5")
    seen.check()
    again.check()


RANK_COLOURS = """() => new Set([...document.querySelectorAll('#list .rank')].map(
  (one) => getComputedStyle(one).backgroundColor)).size"""


def test_q_values_that_tell_nothing_apart_leave_the_colour_to_the_lead(open_page):
    leads = small_leads()
    leads.table["q_value"] = [1e-25, 1e-12, 1e-9, 1e-8, None]
    seen = open_page(route_map(leads), hash="#lead=L0001")
    assert seen.page.input_value("#colour") == "lead"
    assert seen.page.evaluate(RANK_COLOURS) == 5
    assert "Too few records to say how many leads" in seen.page.inner_text("#dossier")
    seen.check()


def test_without_q_values_nothing_offers_them(open_page):
    seen = open_page(small_page("route_map"))
    assert seen.page.locator("#colour option").all_inner_texts() == ["evidence score", "lead"]
    assert seen.page.locator("#most").is_disabled()


def test_dossier_is_taken_away(open_page):
    seen = open_page(small_page("route_map"), hash="#lead=L0003", accept_downloads=True)
    tab = seen.page
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert tab.locator("#dossier svg[role=img]").count() == 1
    ledger = tab.locator("[aria-label^='Goods ledger'] tbody tr").all_inner_texts()
    assert ledger[0].split("\t") == ["Tulip Parts BV", "40", "40", "0", "46"]
    with tab.expect_download() as found:
        tab.click("text=Records, CSV")
    table = pd.read_csv(found.value.path())
    assert table["hop"].tolist() == [1, 2, 2, 3]
    assert table["units"].tolist() == [40, 20, 20, 38]
    assert table["source_row"].tolist() == [7, 8, 9, 10]
    with tab.expect_download() as found:
        tab.click("text=Dossier, JSON")
    dossier = json.loads(Path(found.value.path()).read_text("utf-8"))
    assert dossier["lead"]["id"] == "L0003"
    assert [row["record_id"] for row in dossier["records"]] == [
        "r00005",
        "r00006",
        "r00007",
        "r00008",
    ]
    tab.click("text=Copy summary")
    until(tab, "document.querySelector('.take').textContent === 'Copied'")
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("SIMULATED RECORDS")
    assert "What would explain it innocently" in copied
    assert "bills.csv, row 8" in copied
    tab.click("text=Copy link")
    tab.wait_for_timeout(50)
    link = tab.evaluate("navigator.clipboard.readText()")
    assert link.endswith("#lead=L0003")
    other = tab.context.new_page()
    other.goto(link)
    until(other, "document.documentElement.dataset.ready === 'true'")
    assert "Netherlands" in other.inner_text("#dossier h2")
    assert [url for url in seen.requests if not url.startswith("blob:")] == []
    assert seen.complaints == []


def labels_of(tab) -> list[dict]:
    """What is written on the map and its inset, with its boxes, and boxes that it may not cover."""
    return tab.evaluate("""() => {
      const { map, inset } = chipflow.drawings;
      const made = [map, ...(inset.box ? [inset.lens] : [])];
      return made.map((one) => ({ labels: one.labels, obstacles: one.obstacles,
        size: [one.width, one.height] }));
    }""")


def crossing(one, other) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize(
    ("made", "size", "hash"),
    [
        (small_leads, (1366, 768), ""),
        (small_leads, (1366, 768), "#lead=L0003"),
        (small_leads, (390, 844), ""),
        (lambda: many_leads(40), (1920, 1080), ""),
        (lambda: many_leads(200), (1366, 768), ""),
        (CASES["ports"], (1366, 768), "#lead=L0001"),
        (CASES["tiny"], (1366, 768), ""),
    ],
)
def test_no_name_covers_another_or_a_button(open_page, made, size, hash):
    viewport = {"width": size[0], "height": size[1]}
    seen = open_page(route_map(made()), hash=hash, viewport=viewport)
    settle(seen.page)
    drawn = labels_of(seen.page)
    assert sum(len(one["labels"]) for one in drawn) >= 3
    for one in drawn:
        boxes = [label["box"] for label in one["labels"]]
        for place, box in enumerate(boxes):
            assert box[0] >= 0 and box[2] <= one["size"][0]
            assert not any(crossing(box, other) for other in boxes[:place])
        for label in one["labels"]:
            if not label["text"].isdigit():
                assert not any(crossing(label["box"], other) for other in one["obstacles"])
    seen.check()


def test_the_map_is_fitted_to_the_routes(open_page):
    seen = open_page(small_page("route_map"), viewport={"width": 1366, "height": 768})
    settle(seen.page)
    # Every place is in sight, and so are both coasts of the United States and no Antarctica.
    spots = seen.page.evaluate("""() => {
      const { map } = chipflow.drawings;
      const at = (lon, lat) => map.projection([lon, lat]).map((one, axis) =>
        one * map.view.k + (axis ? map.view.y : map.view.x));
      return { size: [map.width, map.height], places: [...map.at.values()], frame:
        [at(-124, 40), at(-80, 27), at(-71, 42)], antarctica: map.shapes.byCode.has("AQ") };
    }""")
    for x, y in spots["places"] + spots["frame"]:
        assert 0 < x < spots["size"][0] and 0 < y < spots["size"][1]
    assert min(y for _, y in spots["places"]) < spots["size"][1] / 4
    assert not spots["antarctica"]


def test_east_asia_is_enlarged_where_it_is_crowded(open_page):
    seen = open_page(small_page("route_map"), viewport={"width": 1366, "height": 768})
    tab = seen.page
    settle(tab)
    assert tab.locator("#inset").is_visible()
    names = [{label["text"] for label in one["labels"]} for one in labels_of(tab)]
    assert {"China", "Malaysia", "Singapore", "Taiwan", "Vietnam"} <= names[1]
    tab.click("#inset-close")
    settle(tab)
    assert tab.locator("#inset").is_hidden()
    tab.click("#zoom-fit")
    assert tab.locator("#inset").is_visible()
    tab.click("#east-asia")
    settle(tab)
    assert tab.locator("#inset").is_hidden()
    assert "Singapore" in {label["text"] for label in labels_of(tab)[0]["labels"]}
    seen.check()


def test_leads_are_found_by_record_country_code_alias_and_near_spelling(open_page):
    leads = small_leads()
    companies = leads.searched.companies
    companies.loc[companies["name"] == "Tulip Parts BV", "aliases"] = "Tulp Onderdelen"
    leads.searched.shipments.loc[4, "hs_code"] = "854231"
    seen = open_page(route_map(leads))
    tab = seen.page
    for words, found in (
        ("r00000", ["L0001"]),
        ("netherlands", ["L0003"]),
        ("TW", ["L0002"]),
        ("8542.31", ["L0002"]),
        ("onderdelen", ["L0003"]),
        ("kancli", ["L0001"]),
        ("bosporus bilishim", ["L0003"]),
        ("bills.csv", ["L0001", "L0002", "L0003", "L0004", "L0005"]),
        ("zzzzqqq", []),
    ):
        tab.fill("#search", words)
        ids = tab.evaluate("[...document.querySelectorAll('#list .item')].map(o => o.dataset.lead)")
        assert ids == found, words
    tab.fill("#search", "kancli")
    assert "near spellings: kancil" in tab.inner_text("#status")
    seen.check()


def test_the_back_button_closes_what_was_opened(open_page):
    seen = open_page(small_page("route_map"))
    tab = seen.page
    tab.click("[data-lead=L0001]")
    tab.click("[data-lead=L0002]")
    tab.go_back()
    until(tab, "document.querySelector('#dossier h2').textContent.includes('Malaysia')")
    tab.go_back()
    until(tab, "document.getElementById('dossier').hidden")
    tab.go_forward()
    until(tab, "location.hash.includes('L0001') && !document.getElementById('dossier').hidden")
    seen.check()


def test_a_link_that_this_page_cannot_follow_says_so(open_page):
    page = small_page("route_map")
    seen = open_page(page, hash="#lead=L-gone&chip=<b>B999")
    said = seen.page.inner_text("#stale")
    assert "lead L-gone" in said and "chip <b>B999" in said and "does not hold" in said
    seen.page.click("#stale button")
    assert seen.page.locator("#stale").is_hidden()
    assert open_page(page, hash="#lead=L0001").page.locator("#stale").is_hidden()
    seen.check()


def test_marks_on_leads_are_saved_and_read_back(open_page, tmp_path):
    seen = open_page(small_page("route_map"), hash="#lead=L0002", accept_downloads=True)
    tab = seen.page
    note = '=cmd|calc "ask", <script>alert(1)</script>\nthen call'
    tab.check(".choices [value='to ask']")
    tab.fill(".marking textarea", note)
    tab.locator(".marking textarea").blur()
    assert "not saved yet" in tab.inner_text("#marks-said")
    assert tab.locator("[data-lead=L0002] .tag").inner_text() == "to ask"
    with tab.expect_download() as found:
        tab.click("#marks-save")
    file = tmp_path / "marks.csv"
    found.value.save_as(file)
    assert file.read_text("utf-8-sig").splitlines()[1].startswith("L0002,to ask,\"'=cmd")
    # Into a page that is made anew, and into one that is open.
    other = open_page(route_map(small_leads(), marks=file), hash="#mark=to+ask&lead=L0002")
    assert other.page.locator("#list .item").count() == 1
    assert other.page.input_value(".marking textarea") == note
    third = open_page(small_page("route_map"))
    third.page.set_input_files("#marks-file", file)
    until(third.page, "document.querySelector('[data-lead=L0002] .tag') !== null")
    bad = tmp_path / "bad.csv"
    bad.write_text("lead_id,mark,note\nL0001,guilty,\n", encoding="utf-8")
    third.page.set_input_files("#marks-file", bad)
    until(third.page, "document.getElementById('marks-said').textContent.includes('is no mark')")
    for one in (seen, other, third):
        assert one.complaints == []


def test_the_picture_says_what_it_shows(open_page):
    from xml.etree import ElementTree

    from PIL import Image

    page = small_page("route_map")
    seen = open_page(page, hash="#caption=Two <ways> to Macao&lead=L0002", accept_downloads=True)
    tab = seen.page
    with tab.expect_download() as found:
        tab.click("#picture")
    with Image.open(found.value.path()) as picture:
        assert picture.format == "PNG"
        assert picture.width >= 277 / 25.4 * 250  # A4 on its side within margins, 250 to the inch
    with tab.expect_download() as found:
        tab.click("#picture-svg")
    drawing = ElementTree.parse(found.value.path()).getroot()
    words = " ".join(drawing.itertext())
    for expected in (
        "SIMULATED RECORDS", "Lead 2: Taiwan", "Two <ways> to Macao", "A lead is a question",
        "Source: bills.csv", "Made with chipflow", "Colour: lead",
        "Dashed: inferred", "Natural Earth", "Hong Kong",
    ):  # fmt: skip
        assert expected in words, expected
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.click("#embed")
    until(tab, "document.getElementById('embed-said').textContent.includes('copied')")
    code = tab.evaluate("navigator.clipboard.readText()")
    assert code.startswith('<iframe src="page.html#') and "sandbox=" in code
    assert [url for url in seen.requests if not url.startswith("blob:")] == []
    assert seen.complaints == []


def test_cells_of_a_downloaded_table_are_no_formulas(open_page):
    seen = open_page(route_map(hostile_leads()), hash="#lead=L0004")
    with seen.page.expect_download() as found:
        seen.page.click("text=Records, CSV")
    table = pd.read_csv(found.value.path(), dtype=str)
    assert table["shipper"].iloc[0] == "'=cmd|' /C calc'!A0"
    cells = table.to_numpy(dtype=str).ravel()
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_months_are_drawn_over_the_bars(open_page):
    seen = open_page(small_page("route_map"))
    tab = seen.page
    box = tab.locator("#histogram").bounding_box()
    month = box["width"] / 10
    tab.mouse.move(box["x"] + 2.5 * month, box["y"] + 8)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 4.5 * month, box["y"] + 8, steps=3)
    tab.mouse.up()
    assert tab.inner_text("#when") == "Jan 2024 \u2013 Mar 2024"
    assert "months=2-4" in tab.evaluate("location.hash")
    assert tab.locator("#list .item").count() == 3
    tab.mouse.dblclick(box["x"] + 5.5 * month, box["y"] + 8)
    assert tab.locator("#list .item").count() == 5
    seen.check()


def test_companies_and_pairs_of_countries_show_their_records(open_page):
    page = small_page("route_map")
    seen = open_page(page)
    tab = seen.page
    tab.click("#tab-companies")
    assert tab.locator("#list .item").count() == 16
    tab.click("#list .item:has-text('Jade River')")
    assert tab.locator("#dossier [data-record]").count() == 3
    tab.click("text=Show only its leads")
    tab.click("#tab-leads")
    assert tab.locator("#list .item").count() == 3
    pair = open_page(page, hash="#arc=NL%3ETR")
    dossier = pair.page.inner_text("#dossier")
    assert "Netherlands" in dossier and "Levant Cloud" in dossier
    assert pair.page.locator("#dossier [data-record]").count() == 2
    country = open_page(page, hash="#place=MY&list=countries")
    assert country.page.locator("#dossier [data-record]").count() == 2
    for one in (seen, pair, country):
        one.check()


AXE = next((Path(__file__).parent / "axe").glob("axe-core-*.min.js"))


@pytest.mark.parametrize(
    ("view", "scheme", "hash"),
    [
        ("route_map", "light", "#lead=L0003"),
        ("route_map", "dark", "#place=TR&list=companies"),
        ("network_view", "light", ""),
        ("network_view", "dark", ""),
        ("report", "light", ""),
        ("report", "dark", ""),
    ],
)
def test_axe_finds_nothing_serious(open_page, view, scheme, hash):
    seen = open_page(small_page(view), ready=view != "report", hash=hash, color_scheme=scheme)
    if view == "network_view":
        seen.page.locator("#list .item").first.click()
    seen.page.evaluate(AXE.read_text("utf-8"))
    found = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []


def test_browser_prints_the_report_on_a4(open_page):
    pypdf = pytest.importorskip("pypdf")
    seen = open_page(small_page("report"), ready=False)
    book = pypdf.PdfReader(io.BytesIO(seen.page.pdf(prefer_css_page_size=True)))
    assert {(round(float(page.mediabox.width)), round(float(page.mediabox.height)))
            for page in book.pages} <= {(595, 842), (596, 842), (594, 842)}  # fmt: skip
    text = [page.extract_text() for page in book.pages]
    assert "Top leads" in "".join(text)
    assert all(len(one) > 100 for one in text)
    seen.check()


def test_paper_gets_the_colours_of_paper(open_page):
    seen = open_page(small_page("route_map"), color_scheme="dark")
    corner = """() => {
      const canvas = document.getElementById('world');
      return [...canvas.getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3);
    }"""
    settle(seen.page)
    assert sum(seen.page.evaluate(corner)) < 200
    seen.page.emulate_media(media="print")
    settle(seen.page)
    assert sum(seen.page.evaluate(corner)) > 600


# Where a pointer meets something whose hint holds the given words.
FIND = """(words) => {
  const surface = document.getElementById('arcs');
  const box = surface.getBoundingClientRect();
  for (let y = 150; y < box.height - 20; y += 9) for (let x = 270; x < box.width - 60; x += 9) {
    const at = { clientX: box.x + x, clientY: box.y + y, bubbles: true };
    surface.dispatchEvent(new PointerEvent('pointermove', at));
    const tip = document.getElementById('tip');
    if (!tip.hidden && tip.textContent.includes(words)) return [at.clientX, at.clientY];
  }
  return null;
}"""


@pytest.mark.parametrize(
    ("hint", "found"), [("Click for its leads", "leads? here"), ("hop 1", "Lead \\d of 5")]
)
def test_countries_and_arcs_are_clicked_on_the_map(open_page, hint, found):
    seen = open_page(small_page("route_map"))
    settle(seen.page)
    seen.page.mouse.click(*seen.page.evaluate(FIND, hint))
    assert re.search(found, seen.page.inner_text("#dossier"))
    assert seen.page.locator("#dossier [data-record]").count() > 0
    seen.check()


@pytest.mark.parametrize("view", ["route_map", "network_view", "report"])
def test_the_policy_forbids_what_the_page_does_not_need(open_page, view):
    seen = open_page(small_page(view), ready=view != "report")
    went = seen.page.evaluate("""async () => {
      const answers = [];
      document.addEventListener('securitypolicyviolation', (event) => answers.push(event.effectiveDirective));
      await fetch('https://example.org/').catch(() => 0);
      document.body.append(Object.assign(new Image(), { src: 'https://example.org/p.png' }));
      document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }));
      await new Promise((done) => setTimeout(done, 120));
      return [window.ran === undefined, answers.sort()];
    }""")  # noqa: E501
    assert went == [True, ["connect-src", "img-src", "script-src-elem"]]


def test_map_without_leads_shows_flows(open_page):
    seen = open_page(route_map(no_leads()))
    assert "No lead" in seen.page.inner_text("#list")
    settle(seen.page)
    assert count_inked(seen.page) > 2_000
    seen.page.click("#tab-countries")
    assert seen.page.locator("#list .item").count() > 5
    seen.check()


def test_pages_of_nothing(open_page):
    for name, view in (("map", route_map), ("network", network_view)):
        open_page(view(leads_of([])), name=f"{name}.html").check()
    open_page(report(leads_of([])), ready=False).check()


@pytest.mark.parametrize("name", ["antimeridian", "poles", "tiny", "inside-one-country", "ports"])
def test_hard_cases_are_drawn_whole(open_page, name):
    seen = open_page(route_map(CASES[name]()))
    settle(seen.page)
    assert count_inked(seen.page) > 1_000
    # Nothing is drawn at the edge: every route lies inside the view.
    edge = seen.page.evaluate("""() => {
      const canvas = document.getElementById('arcs');
      const ink = canvas.getContext('2d');
      const [w, h] = [canvas.width, canvas.height];
      let inked = 0;
      for (const box of [[0, 0, w, 3], [0, h - 3, w, 3], [0, 0, 3, h], [w - 3, 0, 3, h]]) {
        const data = ink.getImageData(...box).data;
        for (let i = 3; i < data.length; i += 4) if (data[i]) inked += 1;
      }
      return inked;
    }""")
    assert edge == 0
    assert seen.requests == []


def test_ports_are_marked_named_and_in_the_dossier(open_page):
    seen = open_page(route_map(CASES["ports"]()))
    tab = seen.page
    settle(tab)
    assert "Square: port or airport" in tab.inner_text("#legend")
    # A mark says its port; a click opens the country.
    tab.mouse.click(*tab.evaluate(FIND, "Port CNSHA"))
    assert tab.inner_text("#dossier-title") == "China"
    tab.keyboard.press("Escape")
    tab.evaluate(FIND, "hop 1")
    assert "Los Angeles International Airport" in tab.inner_text("#tip")
    tab.click("[data-lead=L0001]")
    dossier = tab.inner_text("#dossier")
    for text in ("Los Angeles International Airport", "PORT KLANG", "Gate 7 of nowhere", "CNSZX"):
        assert text in dossier
    settle(tab)
    with tab.expect_download() as found:
        tab.click("text=Records, CSV")
    assert set(pd.read_csv(found.value.path())["import_port"]) >= {"SGSIN", "PORT KLANG"}
    tab.keyboard.press("Escape")
    tab.click("[data-lead=L0002]")
    assert "port not named" in tab.inner_text("#dossier")
    seen.requests = [url for url in seen.requests if not url.startswith("blob:")]
    seen.check()


def test_records_without_ports_draw_countries_only(open_page):
    seen = open_page(small_page("route_map"))
    assert "Square" not in seen.page.inner_text("#legend")
    seen.page.click("[data-lead=L0001]")
    assert "port not named" not in seen.page.inner_text("#dossier")
    seen.check()


def test_one_lead(open_page):
    leads = leads_of([(3.0, [
        hop("2024-01-05", "A", "NZ", "B", None, 5, "H100"),
        hop("2024-02-05", "B", None, "C", "US", 5),
        hop("2024-03-05", "C", "US", "C2", "US", 5),
        hop("2024-03-06", "C2", "US", "D", "CN", 5),
    ])])  # fmt: skip
    seen = open_page(route_map(leads), hash="#lead=L0001")
    assert "country not recorded" in seen.page.inner_text("#dossier")
    settle(seen.page)
    assert count_inked(seen.page) > 1_000
    seen.check()


def test_a_thousand_arcs_stay_fluid(open_page):
    seen = open_page(route_map(many_leads(334)))
    tab = seen.page
    assert tab.locator("#joined").is_visible()
    assert tab.locator("#list .item").count() == 60
    spent = tab.evaluate("""() => {
      const began = performance.now();
      const chip = document.getElementById('country');
      chip.value = 'SG';
      chip.dispatchEvent(new Event('change'));
      return performance.now() - began;
    }""")
    # The bar is 100 ms on a quiet machine; a shared one may take longer without being slow.
    assert spent < 400
    assert 0 < tab.locator("#list .item").count() <= 60
    tab.locator("#list .item").first.click()
    settle(tab)
    assert count_inked(tab) > 1_000
    seen.check()


@pytest.mark.parametrize("name", ["map", "network", "report"])
def test_hostile_names_are_inert_and_readable(open_page, name):
    view = {"map": route_map, "network": network_view, "report": report}[name]
    seen = open_page(view(hostile_leads()), ready=name != "report")
    tab = seen.page
    if name == "map":
        for number in range(len(HOSTILE)):
            tab.click(f"[data-lead=L{number + 1:04d}]")
    if name == "network":
        for item in range(6):
            tab.locator("#list .item").nth(item).click()
    shown = tab.evaluate("document.body.textContent")
    assert "<script>alert(1)</script>" in shown
    assert '"><img src=x onerror=alert(1)>' in shown
    assert "{{7*7}}" in shown
    assert "\U0001f600 & Co" in shown
    if name != "network":
        assert "safe[U+202E]gnp.exe" in shown
    assert tab.evaluate("document.querySelectorAll('img[src=x], [onerror]').length") == 0
    # Direction overrides stay inside an isolated element.
    loose = tab.evaluate("""() => {
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walk.nextNode()) {
        const node = walk.currentNode;
        if (!node.data.includes('\\u202e')) continue;
        if (node.parentElement.closest('bdi, script, option')) continue;
        found.push(node.data.slice(0, 80));
      }
      return found;
    }""")
    assert loose == []
    longest = tab.evaluate(
        "Math.max(...[...document.querySelectorAll('bdi')].map((b) => b.textContent.length))"
    )
    assert longest <= 520
    seen.check()


def test_network_as_a_reader_uses_it(open_page):
    seen = open_page(small_page("network_view"))
    tab = seen.page
    assert tab.locator("#list .item").count() == 21
    tab.fill("#search", "tulip")
    assert tab.locator("#list .item").count() == 1
    tab.click("#list .item")
    dossier = tab.inner_text("#dossier")
    assert "Goes to" in dossier
    assert "Levant Cloud" in dossier
    tab.keyboard.press("Escape")
    tab.fill("#search", "")
    tab.select_option("#lead", "L0001")
    assert tab.locator("#list .item").count() == 4
    tab.click("#fit")
    tab.click("#list .item:has-text('Kancil')")
    assert "64 chips, 1 shipment of accelerator" in tab.inner_text("#dossier")
    again = open_page(small_page("network_view"), hash=tab.evaluate("location.hash"))
    assert again.page.input_value("#lead") == "L0001"
    assert "Kancil" in again.page.inner_text("#dossier h2")
    again.check()
    seen.check()


def written_names(tab) -> dict[str, list[float]]:
    """The names written in the network, each with its box; none may cover another."""
    found = tab.evaluate("chipflow.network.names()")
    boxes = [one["box"] for one in found]
    for place, box in enumerate(boxes):
        assert not any(crossing(box, other) for other in boxes[:place])
    return {one["text"]: one["box"] for one in found}


def test_network_names_its_companies_and_every_lead_can_be_shown(open_page):
    seen = open_page(network_view(many_leads(180)))
    tab = seen.page
    assert "more companies on leads come into view" in tab.inner_text(".head")
    assert len(written_names(tab)) > 20
    # The last lead has companies that the picture has no room for.
    for lead in ("L0001", "L0180"):
        tab.select_option("#lead", lead)
        settle(tab)
        names = written_names(tab)
        number = int(lead[1:]) - 1
        assert {f"Middle {number} A", f"Middle {number} B"} <= set(names)
        assert tab.locator("#list .item").count() == 4
    tab.select_option("#lead", "")
    settle(tab)
    assert "Middle 179 A" not in written_names(tab)
    seen.check()


def test_network_path_measures_and_moved_companies(open_page):
    seen = open_page(small_page("network_view"))
    tab = seen.page
    tab.click("#list .item:has-text('Cedar')")
    tab.click("#path-from")
    assert "Click a second company" in tab.inner_text("#asking")
    tab.click("#list .item:has-text('Jade River')")
    steps = tab.locator("#dossier ol li")
    assert "3" in tab.inner_text("#dossier p.muted >> nth=0")
    assert steps.count() == 3
    # Two ways have as few hand-overs: the one on which goods can arrive first.
    assert "Cedar Compute Inc \u2192 Tulip Parts" in steps.first.inner_text()
    link = tab.evaluate("location.hash")
    assert open_page(small_page("network_view"), hash=link).page.locator("ol li").count() == 3
    tab.keyboard.press("Escape")
    tab.select_option("#size", "pagerank")
    tab.select_option("#colour", "betweenness")
    assert "betweenness centrality" in tab.inner_text("#legend")
    # A company that is dragged stays where it was put, and the address keeps it.
    spot = (
        "chipflow.network.view.canvasToDOM(chipflow.network.view.getPosition('c:Han Systems:KR'))"
    )
    tab.click("#fit")
    settle(tab)
    before = tab.evaluate(spot)
    box = tab.locator("#drawing").bounding_box()
    x, y = box["x"] + before["x"], box["y"] + before["y"]
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 60, y + 40, steps=4)
    tab.mouse.up()
    after = tab.evaluate(spot)
    assert abs(after["x"] - before["x"] - 60) < 3
    assert "pins=" in tab.evaluate("location.hash")
    tab.click("#unpin")
    assert tab.evaluate(spot) == pytest.approx(before, abs=1)
    seen.check()


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("map", "light"), ("map", "dark"), ("network", "dark"), ("report", "light")],
)
def test_phone_width_does_not_scroll_sideways(open_page, name, scheme):
    view = {"map": "route_map", "network": "network_view", "report": "report"}[name]
    seen = open_page(small_page(view), ready=name != "report", color_scheme=scheme,
                     viewport={"width": 375, "height": 740})  # fmt: skip
    wide = seen.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 375
    background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", background)[:3])) > 380
    assert light == (scheme == "light")
    seen.check()


# The policy that VS Code gives the page of a notebook's results where it gives one (its setting
# notebook.experimental.enableCsp); a frame takes it over. JupyterLab gives none.
VS_CODE = (
    "default-src 'none'; script-src https: 'unsafe-inline' 'unsafe-eval'; "
    "style-src https: 'unsafe-inline'; img-src https: http: data:; font-src https:; "
    "connect-src https:; child-src https: data:"
)


@pytest.mark.parametrize("policy", ["", VS_CODE], ids=["JupyterLab", "VS Code"])
def test_several_pages_in_one_notebook(open_page, tmp_path, policy):
    from chipflow.views import Page

    nbformat = pytest.importorskip("nbformat")
    pages = [small_page("route_map"), small_page("network_view"), small_page("report"),
             route_map(CASES["ports"]())]  # fmt: skip
    cells = [
        nbformat.v4.new_code_cell("view", outputs=[nbformat.v4.new_output(
            "display_data", data={"text/html": page._repr_html_(), "text/plain": repr(page)})])
        for page in pages
    ]  # fmt: skip
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "saved.ipynb")
    saved = json.loads((tmp_path / "saved.ipynb").read_text("utf-8"))
    pieces = [cell["outputs"][0]["data"]["text/html"] for cell in saved["cells"]]
    # JupyterLab joins the pieces of an output as they are, VS Code ends each with a line feed.
    end = "\n" if policy else ""
    frames = ["".join(piece if piece.endswith("\n") else piece + end for piece in cell)
              for cell in pieces]  # fmt: skip
    frames = [frame.replace('loading="lazy"', "") for frame in frames]
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    empty = f"<!doctype html><html lang='en'><head>{head}</head><body></body></html>"
    seen = open_page(Page(empty), ready=False)
    tab = seen.page
    # Notebooks put the output of a cell into the page as JupyterLab and VS Code do.
    tab.evaluate("(frames) => { document.body.innerHTML = frames.join(''); }", frames)
    until(tab, "document.querySelectorAll('iframe').length === 4")
    for place in (4, 2, 1):
        # A frame that is out of sight draws when it comes into view.
        tab.locator("iframe").nth(place - 1).scroll_into_view_if_needed()
        until(tab.frames[place], "document.documentElement.dataset.ready === 'true'")
    assert "Merlion Data" in tab.frames[3].inner_text("body")
    first = tab.frames[1]
    first.click("[data-lead=L0001]")
    assert "Malaysia" in first.inner_text("#dossier")
    # A link inside a page stays inside it.
    tab.frames[3].click("nav >> text=Set aside")
    until(tab.frames[3], "scrollY > 0")
    # A frame has no right to the clipboard; copying and saving work all the same.
    first.click("text=Copy summary")
    until(first, "document.querySelector('.take').textContent === 'Copied'")
    with tab.expect_download() as found:
        first.click("text=Records, CSV")
    assert len(pd.read_csv(found.value.path())) == 3
    seen.requests = [url for url in seen.requests if not url.startswith("blob:")]
    assert [url for url in seen.requests if not url.startswith("about:")] == []
    assert seen.complaints == []
