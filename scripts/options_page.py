"""Write docs/options.md: every command of ``chipflow`` with its arguments and options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import typer

PAGE = Path(__file__).resolve().parents[1] / "docs" / "options.md"
HEAD = """# Commands and options

<!-- Written by scripts/options_page.py. -->

The exit status is 0 when done, 1 when the input is refused, 2 when the command is wrong;
`chipflow diff` has its own. `chipflow COMMAND --help` says the same as this page.
"""
HIDDEN = ("--help", "--install-completion", "--show-completion")


def page() -> str:
    """Return the page as Markdown."""
    from chipflow.cli import app

    group: Any = typer.main.get_command(app)
    return "\n".join([HEAD, *_commands(group, "chipflow")])


def _commands(group: Any, path: str) -> list[str]:
    lines: list[str] = []
    for name in sorted(group.commands):
        command = group.commands[name]
        called = f"{path} {name}"
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        shown = " ".join(_argument(one) for one in arguments)
        more = " [COMMAND]" if hasattr(command, "commands") else ""
        lines += [f"## `{called}`", "", _said(command.help), ""]
        lines += [f"`{called} {shown}{more}`".replace("  ", " ").replace(" `", "`"), ""]
        options = [one for one in command.params if one.param_type_name == "option"]
        rows = [row for one in options if (row := _option(one))]
        if rows:
            lines += ["| option | what it does |", "| --- | --- |", *rows, ""]
        if hasattr(command, "commands"):
            lines += _commands(command, called)
    return lines


def _argument(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper()
    many = "..." if argument.nargs != 1 else ""
    return f"{name}{many}" if argument.required else f"[{name}{many}]"


def _option(option: Any) -> str | None:
    names = [*option.opts, *option.secondary_opts]
    if set(names) & set(HIDDEN) or option.hidden:
        return None
    value = "" if option.is_flag or option.count else f" {option.metavar or 'VALUE'}"
    return f"| `{_said(', '.join(names) + value)}` | {_said(option.help)} |"


def _said(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def main() -> int:
    """Write the page, or with ``--check`` say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    made = page()
    if parser.parse_args().check:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == made
        print(f"{PAGE.name}: {'current' if current else 'run scripts/options_page.py'}")
        return 0 if current else 1
    PAGE.write_text(made, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
