"""Who shipped it? Names of companies, the one behind many spellings, and lists of parties."""

from chipflow.companies.judgements import Judgements
from chipflow.companies.names import address_key, name_key
from chipflow.companies.resolve import Companies, resolve
from chipflow.companies.screen import screen

__all__ = ["Companies", "Judgements", "address_key", "name_key", "resolve", "screen"]
