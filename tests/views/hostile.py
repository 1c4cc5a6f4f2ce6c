"""Names that would run, break or hide something if they were taken for more than text."""

from __future__ import annotations

from tests.views.made_leads import hop, leads_of

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "=cmd|' /C calc'!A0",
    "safe\u202egnp.exe",
    "\U0001f600 & Co \u6df1\u5733",
    "</script><script>alert(2)</script>",
    "N" * 10_000,
    "line\u2028separator",
]


def hostile_leads(names=tuple(HOSTILE)):
    routes = [
        (9.0 - number, [
            hop("2024-01-01", name, "US", f"B {name}", "SG", 10, "H100", name, source=name,
                export_port=name, import_port=f"SINGAPORE, {name}"),
            hop("2024-02-01", f"B {name}", "SG", f"C {name}", "CN", 10, None, name, source=name),
        ])
        for number, name in enumerate(names)
    ]  # fmt: skip
    return leads_of(routes, sentences=[f"10 units from {name} may have moved." for name in names])
