"""One look for pages and figures: the colours and the type, in one place.

Sequential and categorical colours keep their order in luminance, so that they are told apart
with any kind of colour vision and in a grey print. Categorical colours follow Okabe and Ito
(2008), "Color Universal Design".
"""

from __future__ import annotations

from types import MappingProxyType

# Score from low to high. Strong means dark on paper and bright on a dark screen.
EVIDENCE_LIGHT = ("#e9b872", "#dd8d47", "#c95d38", "#a23043", "#681347")
EVIDENCE_DARK = ("#8f4f63", "#b9584f", "#dc7444", "#f1a04e", "#ffd48a")

# One lead beside another, where no order is meant.
LEADS_LIGHT = (
    "#0072b2", "#d55e00", "#00856a", "#c0398c", "#b07d00", "#4b2f91", "#1d8fb3", "#7a4a12",
)  # fmt: skip
LEADS_DARK = (
    "#4aa3df", "#ff8248", "#2fd3a0", "#f08ac4", "#f5c04a", "#a994ff", "#6fe0f5", "#c99a66",
)  # fmt: skip

# What a company does on a route; the last is anything that is not on one.
ROLES = MappingProxyType(
    {"source": "#0072b2", "middle": "#e69f00", "final": "#a8327d", "other": "#8a94a0"}
)
ROLES_DARK = MappingProxyType(
    {"source": "#56b4e9", "middle": "#f0b429", "final": "#dd86bd", "other": "#7f8a97"}
)
# Goods that come in and goods that go out of a company.
INCOMING, OUTGOING = "#0072b2", "#d55e00"
ACCENT = "#a23043"
RULE_DAY = "#5b6572"

LIGHT = MappingProxyType(
    {
        "page": "#f6f5f1", "panel": "#ffffff", "ink": "#1b2430", "muted": "#56606d",
        "line": "#d9d7cf", "soft": "#efeee8", "accent": ACCENT, "accent-ink": "#ffffff",
        "focus": "#0b62a8", "water": "#eef1f2", "land": "#dcdcd3", "border": "#f6f5f1",
        "graticule": "#e2e6e8", "flow": "#7c8894", "warn": "#fff2cf", "warn-ink": "#5f4300",
    }
)  # fmt: skip
DARK = MappingProxyType(
    {
        "page": "#12161c", "panel": "#1a2028", "ink": "#e8eaed", "muted": "#a3adb9",
        "line": "#323b47", "soft": "#232b35", "accent": "#f1a04e", "accent-ink": "#1b1204",
        "focus": "#7cc0ff", "water": "#12181f", "land": "#2b333d", "border": "#12181f",
        "graticule": "#1b232c", "flow": "#8b97a5", "warn": "#4a3a10", "warn-ink": "#ffe9b0",
    }
)  # fmt: skip


def css_variables() -> str:
    """Return the palette as CSS custom properties, light first and dark where asked for."""

    def block(colours: MappingProxyType[str, str], steps: tuple[str, ...],
              roles: MappingProxyType[str, str], leads: tuple[str, ...]) -> str:  # fmt: skip
        pairs = {
            **colours,
            **{f"evidence-{step}": colour for step, colour in enumerate(steps)},
            **{f"lead-{place}": colour for place, colour in enumerate(leads)},
            **{f"role-{role}": colour for role, colour in roles.items()},
        }
        return "".join(f"--{name}:{colour};" for name, colour in pairs.items())

    return (
        f":root{{color-scheme:light dark;{block(LIGHT, EVIDENCE_LIGHT, ROLES, LEADS_LIGHT)}}}\n"
        "@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{{block(DARK, EVIDENCE_DARK, ROLES_DARK, LEADS_DARK)}}}}}\n"
    )
