from __future__ import annotations

import base64
import hashlib
import json
import re

import matplotlib as mpl
import pytest

from chipflow.errors import OutputError
from chipflow.views import Page, network_view, report, route_map
from chipflow.views.page import assemble, embedded_json
from tests.views.made_leads import leads_of, no_leads, small_leads, small_page

VIEWS = {"map": route_map, "network": network_view, "report": report}


@pytest.fixture(params=sorted(VIEWS))
def view(request):
    return VIEWS[request.param]


def test_nothing_comes_from_outside(view):
    page = small_page(view.__name__).html
    loading = re.findall(
        r"""<(?:script|link|img|iframe|object|embed|source|video|audio|use|base)\b[^>]*"""
        r"""(?:src|href|data)\s*=\s*["']?([^"'\s>]+)""",
        page,
        re.IGNORECASE,
    )
    assert [one for one in loading if not one.startswith("data:")] == []
    assert re.findall(r"url\(\s*['\"]?(?!data:|#)[^)]*\)|@import", page) == []
    assert "bootstrap" not in page
    assert "cdn." not in page.lower()


def test_policy_names_every_script_and_style_by_hash(view):
    page = small_page(view.__name__).html
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    inline = re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL)
    for kind, text in inline:
        # A saved notebook is cut where Python ends a line; VS Code ends each piece with a feed.
        assert text.splitlines() == text.removesuffix("\n").split("\n")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        rule = next(part for part in policy.split("; ") if part.startswith(f"{kind}-src"))
        assert digest in rule
    assert not re.search(r"\son\w+\s*=\s*[\"']", re.sub(r"<script.*?</script>", "", page,
                                                        flags=re.DOTALL))  # fmt: skip


def test_same_leads_same_bytes(view):
    assert view(small_leads()).html == small_page(view.__name__).html


def test_simulated_is_said_and_only_then(view):
    assert "SIMULATED RECORDS" in small_page(view.__name__).html
    assert "SIMULATED RECORDS" not in re.sub(
        r"<(script|style)>.*?</\1>", "", view(no_leads(simulated=False)).html, flags=re.DOTALL
    )


def test_language_and_title(view):
    page = small_page(view.__name__).html
    assert '<html lang="en">' in page
    assert re.search(r"<title>chipflow: [a-z ]+</title>", page)


def test_without_any_lead_the_page_says_so(view):
    assert "No lead" in view(no_leads()).html


def test_nothing_at_all(view):
    leads = leads_of([])
    assert "No verdict" in view(leads).html


def test_data_block_is_inert():
    text = embedded_json({"a": "</script><!-- & \x0c\x1e\x85\u2028\u2029"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert len(text.splitlines()) == 1
    assert json.loads(text) == {"a": "</script><!-- & \x0c\x1e\x85\u2028\u2029"}


def test_source_that_would_end_its_element_is_refused():
    with pytest.raises(ValueError, match="end its element"):
        assemble("network.html.j2", title="x", scripts=["'</script>'"])


def test_save(tmp_path):
    page = Page("<p>\u00e9</p>")
    assert page.save(tmp_path / "a.html").read_bytes() == "<p>\u00e9</p>".encode()
    with pytest.raises(OutputError, match="cannot write the page"):
        page.save(tmp_path / "missing" / "a.html")


def test_in_a_notebook_the_page_is_sandboxed():
    shown = Page('<p title="x">&</p>', title='a "b"')._repr_html_()
    assert shown.startswith("<iframe ")
    assert "allow-same-origin" not in shown
    assert 'srcdoc="&lt;p title=&quot;x&quot;&gt;&amp;&lt;/p&gt;"' in shown


def test_words_accuse_nobody():
    page = small_page("report").html
    for word in ("smuggl", "illegal", "guilty", "criminal", "fraud", "diverted to"):
        assert word not in page.lower()
    assert "is consistent with" in page


def test_report_figures_have_words():
    page = small_page("report").html
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) == 2 + 5
    for image in images:
        assert len(re.search(r'alt="([^"]*)"', image)[1]) > 40


def test_report_says_what_was_not_used_and_why():
    page = small_page("report").html
    assert "totals.xlsx#Year" in page
    assert "yearly totals, no companies" in page
    assert "no licence asked" in page
    assert "ab" * 32 in page


def test_network_shows_at_most_so_many(monkeypatch):
    from chipflow.views import network_view as function
    from chipflow.views.network_view import MOST_NODES  # noqa: F401

    module = __import__("sys").modules["chipflow.views.network_view"]
    monkeypatch.setattr(module, "MOST_NODES", 20)
    page = function(small_leads()).html
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert len(data["nodes"]) <= 20
    # Companies on leads without room in the picture are kept for when their lead is chosen.
    reserve = {one["id"] for one in data["reserve"]["nodes"]}
    drawn = {one["id"] for one in data["nodes"]}
    for place in range(len(data["leads"])):
        edges = [one for one in data["edges"] + data["reserve"]["edges"] if place in one["leads"]]
        assert edges, "every lead of the list can be shown"
        assert {end for one in edges for end in (one["from"], one["to"])} <= drawn | reserve
    shown = sum(node["kind"] == "company" for node in data["nodes"])
    assert f"Shown are {shown} of 21 companies" in page
    assert all(edge["from"] in {n["id"] for n in data["nodes"]} for edge in data["edges"])


def test_network_takes_a_network_too():
    leads = small_leads()
    page = network_view(leads.searched).html
    assert '"nodes"' in page
    assert "No lead" not in page, "nothing was searched"


def test_network_layout_keeps_marks_apart():
    page = network_view(small_leads()).html
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    places = [(node["x"], node["y"]) for node in data["nodes"]]
    near = min(
        abs(complex(*a) - complex(*b)) for i, a in enumerate(places) for b in places[i + 1 :]
    )
    assert near > 40
    assert {node["shape"] for node in data["nodes"]} == {"dot", "square"}
    assert data["options"]["physics"]["enabled"] is False


def test_a_report_looks_the_same_whatever_style_a_notebook_has_set():
    before = small_page("report").html
    with mpl.rc_context({"font.family": "serif", "axes.facecolor": "black", "font.size": 20}):
        assert report(small_leads()).html == before
