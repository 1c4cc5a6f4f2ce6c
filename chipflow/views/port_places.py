"""Which ports the records of leads name, and where they lie."""

from __future__ import annotations

import pandas as pd

from chipflow.records.schema import PORT_FIELDS
from chipflow.views.ports import Port, locate

# Stands for "no port known"; tables are grouped by it, which a missing value would hinder.
NO_PORT = ""
# Which of a record's countries a port may lie in, by the side of the shipment.
_COUNTRIES = {
    "export_port": ("export_country", "from_country"),
    "import_port": ("import_country", "to_country", "destination_country"),
}
_ENDS = dict(zip(PORT_FIELDS, ("from_port", "to_port"), strict=True))


def having_ports(shipments: pd.DataFrame) -> pd.DataFrame:
    """Return shipments with columns of ports, also those written before ports were read."""
    nothing = pd.Series(pd.NA, index=shipments.index, dtype="str")
    return shipments.assign(**{name: nothing for name in PORT_FIELDS if name not in shipments})


def with_ports(steps: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Port]]:
    """Look up the ports of shipments, each different text once.

    Parameters
    ----------
    steps
        Shipments; those written before ports were read have no such columns.

    Returns
    -------
    tuple
        The shipments with ``from_port`` and ``to_port`` (code, or :data:`NO_PORT`) and with
        :data:`~chipflow.records.schema.PORT_FIELDS` in any case, and the ports by code.
    """
    steps = having_ports(steps)
    ports: dict[str, Port] = {}
    for field, end in _ENDS.items():
        keys = [field, *(name for name in _COUNTRIES[field] if name in steps)]
        said = steps[keys].astype("object").where(steps[keys].notna(), "")
        places: dict[tuple[str, ...], str] = {}
        for text, *countries in said.drop_duplicates().itertuples(index=False, name=None):
            port = locate(text, [one for one in countries if one]) if text else None
            if port is not None:
                ports.setdefault(port.code, port)
            places[text, *countries] = NO_PORT if port is None else port.code
        each = said.itertuples(index=False, name=None)
        steps[end] = pd.Series([places[one] for one in each], index=steps.index, dtype="object")
    return steps, ports
