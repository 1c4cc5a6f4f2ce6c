"""Who shipped it? Names of companies, and the one company behind many spellings."""

from chipflow.companies.names import address_key, name_key
from chipflow.companies.resolve import Companies, resolve

__all__ = ["Companies", "address_key", "name_key", "resolve"]
