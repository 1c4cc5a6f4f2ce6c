"""Write docs/tables.md from the declared tables, and docs/settings.md from the settings."""

from __future__ import annotations

from pathlib import Path

from chipflow.schemas import TABLES
from chipflow.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"


def tables_page() -> str:
    """Return the page of all tables."""
    parts = [
        "# Tables of results\n",
        "Written by `python scripts/tables_page.py` from `chipflow/schemas.py`.\n",
    ]
    for table in TABLES:
        where = f" In `{table.file}`." if table.file else ""
        key = ", ".join(table.key)
        parts.append(f"\n## {table.name}\n\n{table.meaning}{where} Key: {key}.\n")
        parts.append(
            "\n| column | dtype | unit | may be missing | meaning |\n|---|---|---|---|---|\n"
        )
        parts += [
            f"| `{one.name}` | {one.dtype} | {one.unit} | {'yes' if one.nullable else ''} | "
            f"{one.meaning} |\n"
            for one in table.columns
        ]
    return "".join(parts)


def settings_page() -> str:
    """Return the page of all numbers of the method."""
    parts = [
        "# Numbers of the method\n",
        "\nWritten by `python scripts/tables_page.py` from `chipflow/tracing/tables/model.toml` "
        f"of {Settings.date()}. Change them in a TOML file of the same shape (`chipflow analyze "
        "--settings FILE`), or in Python with `dataclasses.replace`.\n",
    ]
    part = ""
    for row in Settings().table():
        if row["part"] != part:
            part = row["part"]
            parts.append(f"\n## {part}\n\n| name | value | unit | meaning | source |\n")
            parts.append("|---|---|---|---|---|\n")
        cells = (f"`{row['name']}`", row["value"], row["unit"], row["meaning"], row["source"])
        parts.append(f"| {' | '.join(str(one) for one in cells)} |\n")
    return "".join(parts)


if __name__ == "__main__":
    (DOCS / "tables.md").write_text(tables_page(), encoding="utf-8")
    (DOCS / "settings.md").write_text(settings_page(), encoding="utf-8")
