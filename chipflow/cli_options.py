"""Options that several commands have, so that they are called and explained alike."""

from __future__ import annotations

from typing import Annotated

import typer

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")]
ForceInputs = Annotated[
    bool, typer.Option("--force", help="Replace results of other inputs in the folder.")
]
