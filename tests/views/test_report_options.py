from __future__ import annotations

import base64
import re
import zipfile
from xml.etree import ElementTree

import pytest

from chipflow.errors import ChipflowError, InputError, OutputError
from chipflow.views import report, write_pdf
from chipflow.views.marks import Mark, read_marks
from tests.views.cases import CASES
from tests.views.hostile import HOSTILE, hostile_leads
from tests.views.made_leads import leads_of, no_leads, small_leads, small_page


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_notes_are_put_in_front_and_hold_no_markup_of_their_own(tmp_path):
    notes = written(tmp_path, "notes.md", "\n".join([
        "# For the editor", "", "Two *leads* to ask about, see [the rule](https://example.org/r).",
        "", "<script>alert(1)</script> <img src=x onerror=alert(1)>",
        "", "[no](javascript:alert(1)) ![picture](https://example.org/p.png) [f](file:///etc)",
        "", "| a | b |", "|---|---|", "| 1 | {{7*7}} |",
    ]))  # fmt: skip
    page = report(small_leads(), notes=notes).html
    start = page.index('id="notes"')
    section = page[start : page.index("</section>", start)]
    assert start < page.index('id="asked"')
    assert "not by chipflow" in section
    assert "<h3>For the editor</h3>" in section
    assert '<a href="https://example.org/r">the rule</a>' in section
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in section
    assert "<script" not in section and "<img" not in section
    assert re.findall(r'href="([^"]+)"', section) == ["https://example.org/r",
                                                      "https://example.org/p.png"]  # fmt: skip
    assert "<td>{{7*7}}</td>" in section


@pytest.mark.parametrize("option", ["notes", "template"])
def test_unusable_files_are_named(tmp_path, option):
    with pytest.raises(InputError, match=r"missing\.md: .*cannot be read"):
        report(no_leads(), **{option: tmp_path / "missing.md"})
    (tmp_path / "bad.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no UTF-8 text"):
        report(no_leads(), **{option: tmp_path / "bad.md"})


def test_a_template_of_ones_own(tmp_path):
    template = written(
        tmp_path,
        "house.html.j2",
        '{% extends "report.html.j2" %}\n'
        "{% block own_style %}h1 { color: rebeccapurple; }{% endblock %}\n"
        "{% block cover %}<h1>Our desk</h1><p>{{ counts.leads }} leads, {{ dossiers[0].companies }}"
        "</p>{% endblock %}\n"
        "{% block method %}{% endblock %}",
    )
    leads = hostile_leads()
    page = report(leads, template=template).html
    assert "<h1>Our desk</h1>" in page
    assert "rebeccapurple" in page[: page.index("</head>")]
    assert "Method in a page" not in page
    # Texts from records are escaped in it too, and the policy still names every style by hash.
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page[: page.index('id="asked"')]
    assert page.count("sha256-") == page.count("<style>")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% if %}", r"house\.j2, row 1: no Jinja template"),
        ('{% extends "nothing.j2" %}', "no template 'nothing.j2' to extend"),
        ("{{ nothing }}", "cannot be filled: 'nothing' is undefined"),
        ("<html><head></head><body>bare</body></html>", "lost the policy"),
        (
            "<!doctype html><html><head><!-- {policy} --></head><body>in a comment</body></html>",
            "lost the policy",
        ),
        ("<!doctype html><html><head><script>0</script>{policy}</head></html>", "lost the policy"),
        (
            '<!doctype html><html><head>{policy}<meta content="0;url=//a/" http-equiv=refresh>',
            "may lead elsewhere",
        ),
        (
            "<!doctype html><html><head>{policy}<!--><meta http-equiv=refresh content='0;//a'>-->",
            "may lead elsewhere",
        ),
        ('<!doctype html><html><head>{policy}<link rel=preconnect href="//a">', "<link>"),
        (
            '{% extends "report.html.j2" %}{% block cover %}{% include "secret.txt" %}'
            "{% endblock %}",
            "no template 'secret.txt'",
        ),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{{ '0123456789' * 999 }}"
            "{% endfor %}{% endfor %}",
            "longer than 300 million",
        ),
        ("{{ counts.__class__.__mro__ }}", "cannot be filled: .*unsafe"),
        ('{% extends "report.html.j2" %}{% block own_style %}</style>{% endblock %}', "end its"),
    ],
)
def test_templates_that_cannot_be_used(tmp_path, text, message):
    written(tmp_path, "secret.txt", "nobody else's business")
    policy = '<meta http-equiv="Content-Security-Policy" content="{{ policy }}">'
    text = text.replace("{policy}", policy)
    with pytest.raises(InputError, match=message):
        report(no_leads(), template=written(tmp_path, "house.j2", text))


def test_the_numbers_of_the_method_stand_in_an_appendix_with_two_digits():
    leads = small_leads()
    leads.table["q_value"] = [1e-9, 0.0123456, 0.08, 0.2, None]
    page = report(leads).html
    before, appendix = page.split('<section id="statistics">')
    appendix = appendix.split("</section>")[0]
    assert '<td class="num">&lt; 0.001</td>' in appendix
    assert '<td class="num">0.012</td>' in appendix and '<td class="num">0.08</td>' in appendix
    assert '<th class="num">q</th>' in appendix and '<th class="num">q</th>' not in before


def test_countries_with_what_they_saw():
    page = small_page("report").html
    section = page[page.index('id="countries"') :]
    row = re.search(r"<tr><td><bdi>T\u00fcrkiye</bdi></td>(.*?)</tr>", section)[1]
    # 20 and 20 came from the Netherlands, 38 went on to China.
    assert re.findall(r">([\d,]+)<", row) == ["1", "40", "38"]


def test_figures_of_hostile_names_hold_text_only():
    page = report(hostile_leads()).html
    figures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert len(figures) == 2 + len(HOSTILE)
    for figure in figures:
        root = ElementTree.fromstring(base64.b64decode(figure))
        for element in root.iter():
            assert element.tag.split("}")[-1] not in {"script", "foreignObject", "a", "iframe"}
            assert not any(name.lower().startswith("on") for name in element.attrib)
            for name, value in element.attrib.items():
                if name.endswith("href"):
                    assert value.startswith(("#", "data:image/png"))


@pytest.fixture
def pypdf():
    pytest.importorskip("weasyprint")
    return pytest.importorskip("pypdf")


def test_pdf_holds_the_report_as_text(tmp_path, pypdf):
    path = write_pdf(small_page("report"), tmp_path / "r.pdf")
    book = pypdf.PdfReader(path)
    text = "\n".join(page.extract_text() for page in book.pages)
    for words in ("SIMULATED RECORDS", "Kancil Sdn Bhd", "innocently", "Parameters and inputs"):
        assert words in text
    width, height = (float(side) for side in book.pages[0].mediabox.upper_right)
    assert (round(width), round(height)) == (595, 842)  # A4 in points
    assert book.metadata.title == "chipflow: report"
    assert book.trailer["/Root"]["/Lang"] == "en"
    assert "/StructTreeRoot" in book.trailer["/Root"]
    short = report(leads_of([]))
    first, again = (write_pdf(short, tmp_path / name) for name in ("a.pdf", "b.pdf"))
    assert first.read_bytes() == again.read_bytes()
    with pytest.raises(OutputError, match="cannot write the PDF"):
        write_pdf(small_page("report"), tmp_path / "no" / "r.pdf")


def test_pdf_of_hostile_names_runs_and_fetches_nothing(tmp_path, pypdf):
    # Names whose letters come from several fonts are drawn well and are not read back by pypdf.
    book = pypdf.PdfReader(write_pdf(report(hostile_leads(HOSTILE[:4])), tmp_path / "few.pdf"))
    text = "".join("".join(page.extract_text() for page in book.pages).split())
    for name in HOSTILE[:4]:
        assert "".join(name.split()) in text
    book = pypdf.PdfReader(write_pdf(report(hostile_leads()), tmp_path / "all.pdf"))
    kinds = set()
    for number in range(1, len(book.xref_objStm) + len(book.xref[0]) + 1):
        found = book.get_object(pypdf.generic.IndirectObject(number, 0, book))
        if isinstance(found, dict):
            kinds |= {str(found.get("/S")), *map(str, found)}
    assert not kinds & {"/JavaScript", "/JS", "/Launch", "/URI", "/SubmitForm", "/AA",
                        "/OpenAction", "/EmbeddedFile"}  # fmt: skip


def test_without_its_engine_a_pdf_is_refused_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(ChipflowError, match=r"pip install 'chipflow-trade\[pdf\]'"):
        write_pdf(small_page("report"), tmp_path / "r.pdf")


@pytest.fixture
def opened(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    from chipflow.views import workbook

    def make(leads, name="leads.xlsx"):
        return openpyxl.load_workbook(workbook(leads, tmp_path / name))

    return make


def test_workbook_has_tables_links_and_formats(opened):
    leads = small_leads()
    leads.table["q_value"] = [0.004, 0.03, 0.08, 0.2, None]
    book = opened(leads)
    assert book.sheetnames == ["About", "Leads", "Records", "Evidence", "Companies", "Set aside",
                               "Sheets"]  # fmt: skip
    for name in book.sheetnames[1:]:
        sheet = book[name]
        assert sheet.freeze_panes == "B2"
        (table,) = sheet.tables.values()
        assert table.ref == sheet.dimensions
        assert table.autoFilter is not None
        assert sheet.print_title_rows == "$1:$1"
    sheet = book["Leads"]
    head = {cell.value: cell.column_letter for cell in sheet[1]}
    assert sheet[f"{head['q-value']}4"].value == 0.08
    assert sheet[f"{head['q-value']}6"].value is None
    assert sheet[f"{head['No coincidence']}2"].value is None, "too few to tell"
    assert sheet[f"{head['Value, USD']}2"].number_format == "#,##0"
    assert f"{sheet[head['First day'] + '2'].value:%Y-%m-%d}" == "2024-03-01"
    assert sheet[f"{head['First day']}2"].number_format == "yyyy-mm-dd"
    # A lead's link leads to its first record, and a record's back to its lead.
    target = sheet["A4"].hyperlink.location
    records = book["Records"]
    cell = records[target.split("!")[1]]
    assert cell.value == "L0003"
    assert records.cell(cell.row - 1, 1).value == "L0002"
    assert sheet[cell.hyperlink.location.split("!")[1]].value == "L0003"
    assert "SIMULATED RECORDS" in book["About"]["A1"].value


def test_workbook_is_read_in_any_program(opened):
    """Heights of wrapped rows are written, and wide sheets print on more than one page across."""
    book = opened(CASES["ports"]())
    about = book["About"]
    wrapped = next(row for row in about.iter_rows() if row[0].value == "How to read it")[0].row
    assert about.row_dimensions[wrapped].height > 2 * (about.row_dimensions[wrapped + 1].height - 1)
    companies, records = book["Companies"], book["Records"]
    assert companies.row_dimensions[1].height > 30, "a header of three lines"
    assert records.page_setup.fitToWidth == 2
    head = {cell.value: cell.column_letter for cell in records[1]}
    assert records[f"{head['Port of loading']}3"].value == "SINGAPORE"
    assert records[f"{head['Shipper']}2"].alignment.indent == 1
    assert records[f"{head['Chips']}1"].alignment.horizontal == "right"


def test_workbook_is_the_same_every_time(tmp_path):
    from chipflow.views import workbook

    first, second = (workbook(small_leads(), tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(OutputError, match="cannot write the workbook"):
        workbook(small_leads(), tmp_path / "no" / "a.xlsx")


def test_workbook_of_nothing(opened):
    book = opened(leads_of([]))
    assert book["Leads"].max_row <= 2
    assert "No verdict" in str([row[1].value for row in book["About"].iter_rows()])


def test_workbook_of_hostile_names_runs_nothing(opened, tmp_path):
    leads = hostile_leads()
    leads.table.loc[0, "companies"] = "controls \x01\x0b"
    leads.searched.shipments["description"] = "@SUM(1+1)*cmd|' /C calc'!A0"
    book = opened(leads, "hostile.xlsx")
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row
             if isinstance(cell.value, str)]  # fmt: skip
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts)
    assert "'=cmd|' /C calc'!A0" in texts
    assert "<script>alert(1)</script>" in texts
    assert any(text.startswith("N" * 10_000) for text in texts)
    with zipfile.ZipFile(tmp_path / "hostile.xlsx") as parts:
        names = parts.namelist()
        rels = "".join(parts.read(one).decode() for one in names if one.endswith(".rels"))
    assert not any("external" in name.lower() or "vba" in name.lower() for name in names)
    assert 'TargetMode="External"' not in rels


def test_marks_are_read_shown_and_kept_apart_from_notes(tmp_path):
    marks = written(tmp_path, "marks.csv", "\ufefflead_id,mark,note\r\n"
        'L0002,To ask,"Ask <b>the port</b>,\nthen the bank"\r\n'
        "L0003,dismissed,'=1+1\r\nL-gone,seen,\r\n")  # fmt: skip
    notes = written(tmp_path, "notes.md", "Read **this** first.")
    page = report(small_leads(), notes=[marks, notes]).html
    assert "Read <strong>this</strong> first." in page
    assert "Ask &lt;b&gt;the port&lt;/b&gt;" in page and "<b>the port" not in page
    assert '<span class="tag">to ask</span>' in page
    assert "1 mark names a lead that is not among these" in page
    assert read_marks(marks)["L0003"] == Mark("L0003", "dismissed", "=1+1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lead,mark\nL1,seen\n", "no column lead_id, note"),
        ("lead_id,mark,note\nL1,seen,\nL2,guilty,\n", "row 3.*mark.*'guilty' is no mark"),
    ],
)
def test_marks_that_cannot_be_used_say_where(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        report(no_leads(), notes=written(tmp_path, "marks.csv", text))


def test_one_number_a_lead_and_one_count_a_list():
    leads = small_leads()
    leads.table["no_coincidence"] = [0.999, 0.93, 0.8, 0.55, 0.5]
    page = report(leads).html
    assert "5 leads, about 1 expected to be coincidence, at most 3" in page
    for said in ("19 in 20 or more leads like this", "About 9 in 10 leads like this",
                 "About 3 in 4 leads like this", "About 1 in 2 leads like this"):  # fmt: skip
        assert f"{said} were no coincidence." in page
    assert page.count("Records cannot show licences or use.") >= 6
    leads.table["no_coincidence"] = None
    leads.parameters |= {"companies_asked": 4, "expected_by_chance": 0.3}
    page = report(leads).html
    assert "of 4 companies asked, 0.3 are expected to look like this by chance, at most 1" in page
    assert "Too few records to say how many leads like this are coincidence." in page
