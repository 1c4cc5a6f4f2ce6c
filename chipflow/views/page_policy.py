"""Whether a finished page keeps itself from fetching, running or leading anywhere when opened."""

from __future__ import annotations

import html as html_text
import re
from html.parser import HTMLParser

# What a browser acts on without being asked, and a policy does not stop everywhere: a refresh
# leads to another page, a link may ask a server for its address.
_FORBIDDEN = frozenset({"link", "base", "iframe", "frame", "frameset", "object", "embed", "applet"})
_META = re.compile(r"<\s*meta\b", re.IGNORECASE)
# The page's begin: nothing may stand before the policy that it could act on.
_BEGIN = re.compile(
    r"\s*<!doctype html>\s*<html(?:\s+lang=\"[A-Za-z-]{1,20}\")?>\s*<head>\s*"
    r"(?:<meta charset=\"?utf-8\"?\s*/?>\s*)?"
    r"<meta http-equiv=\"Content-Security-Policy\" content=\"([^\"<>]*)\"\s*/?>",
    re.IGNORECASE,
)


def fault(page: str, policy: str) -> str | None:
    """Return why a page may act when it is opened; None where it cannot.

    Parameters
    ----------
    page
        The whole page.
    policy
        The Content-Security-Policy it has to be under, unescaped.

    Returns
    -------
    str or None
        A few words for a message.

    Notes
    -----
    The policy has to be the first element of the head but for the character set: a browser
    applies it only to what follows, and not at all within a comment. Every other element ``meta``
    is looked at twice, by a parser and by a search, so that no trick of markup hides one.
    """
    begin = _BEGIN.match(page)
    if begin is None or html_text.unescape(begin[1]) != policy:
        return "has lost the policy that keeps it from fetching anything"
    seen = _Elements()
    seen.feed(page)
    seen.close()
    if seen.forbidden:
        return f"holds an element <{seen.forbidden[0]}>, which may fetch or lead elsewhere"
    if seen.acting or seen.metas != len(_META.findall(page)):
        return "holds an element <meta> that may lead elsewhere"
    return None


class _Elements(HTMLParser):
    """Counts elements that act by themselves."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forbidden: list[str] = []
        self.metas = self.acting = 0
        self.under_policy = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN:
            self.forbidden.append(tag)
        if tag == "meta":
            self.metas += 1
            acts = any(name == "http-equiv" for name, _ in attrs)
            # The first that does is the policy, which was looked at already.
            self.acting += acts and self.under_policy
            self.under_policy |= acts
