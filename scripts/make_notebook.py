"""Write notebooks/sample.ipynb: the text of the walk-through, without results.

The notebook is kept without outputs; the tests run it.
"""

from __future__ import annotations

from pathlib import Path

import nbformat

CELLS = [
    (
        "markdown",
        "# From a spreadsheet to a report\n\n"
        "This notebook walks through the bundled sample. **The records are simulated**: no real "
        "company is meant. Put your own files in the first cell to work on them.",
    ),
    (
        "code",
        "import chipflow as cf\n"
        "from chipflow.run import sample_records\n\n"
        "records = cf.read_records(*sample_records())\nrecords",
    ),
    (
        "markdown",
        "Every row is used, rejected with its reason, or a duplicate; the counts add up.",
    ),
    (
        "code",
        "counts = records.counts\n"
        'assert counts["rows_in"] == counts["used"] + counts["rejected"] + counts["duplicate"]\n'
        "records.rejected.head()",
    ),
    ("code", "network = cf.build_network(records)\nnetwork"),
    ("code", 'leads = cf.find_leads(network, destination="CN HK MO")\nleads'),
    (
        "markdown",
        "The first dossier. A lead is a question to ask: it comes with what may explain it "
        "innocently and with what would settle it.",
    ),
    ("code", "leads[0]"),
    ("markdown", "Routes of the same shape that are no leads, and why."),
    ("code", 'leads.set_aside[["reason", "sentence", "units"]]'),
    ("code", "leads.map()"),
    ("code", "leads.network()"),
    (
        "code",
        "%matplotlib inline\n"
        "import matplotlib.pyplot as plt\n\n"
        "leads[0].plot_timeline()\nplt.show()\nleads.plot_flows()\nplt.show()",
    ),
    (
        "markdown",
        'The report, to be read, printed and passed on. `leads.report("report.html")` also '
        "writes it; `notes=` puts your own words in front.",
    ),
    ("code", "leads.head(1).report()"),
    ("markdown", "The network is a networkx graph when you want one."),
    (
        "code",
        "import networkx as nx\n\n"
        "graph = network.to_networkx()\n"
        "print(graph)\n"
        "print(nx.number_weakly_connected_components(graph), 'connected parts')",
    ),
    ("markdown", "Classic betweenness beside diversion throughput: they find different companies."),
    (
        "code",
        'columns = ["name", "country", "role", "throughput", "betweenness"]\n'
        "companies = leads.companies[columns]\n"
        'companies.sort_values("throughput", ascending=False).head(5)',
    ),
    ("code", 'companies.sort_values("betweenness", ascending=False).head(5)'),
]


def main() -> None:
    """Write the notebook."""
    notebook = nbformat.v4.new_notebook()
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    notebook.cells = [make[kind](text) for kind, text in CELLS]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    path = Path(__file__).resolve().parents[1] / "notebooks" / "sample.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
