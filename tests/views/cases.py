"""Leads that are hard to draw, one reason each; the documentation's pictures are made of them."""

from __future__ import annotations

from tests.views.made_leads import hop, leads_of, many_leads, no_leads


def antimeridian():
    """Routes across the Pacific, where the map is cut otherwise."""
    return leads_of([
        (8.0, [
            hop("2024-01-05", "Southern Cross Systems", "NZ", "Valparaiso Datos", "CL", 40, "H100"),
            hop("2024-02-05", "Valparaiso Datos", "CL", "Suva Parts", "FJ", 40),
            hop("2024-03-05", "Suva Parts", "FJ", "Jade River Co", "CN", 40),
        ]),
        (5.0, [
            hop("2024-02-01", "Bering Compute", "US", "Tonga Trade", "TO", 16, "A100"),
            hop("2024-03-01", "Tonga Trade", "TO", "Pearl Delta Ltd", "HK", 16),
        ]),
    ])  # fmt: skip


def poles():
    """Routes by way of the far north and the far south."""
    return leads_of([
        (8.0, [
            hop("2024-01-05", "Nuuk Relay", "GL", "Longyear Arctic", "SJ", 40, "H100"),
            hop("2024-02-05", "Longyear Arctic", "SJ", "Jade River Co", "CN", 40),
        ]),
        (5.0, [
            hop("2024-02-01", "Cedar Compute Inc", "US", "Ice Station", "AQ", 16, "A100"),
            hop("2024-03-01", "Ice Station", "AQ", "Pearl Delta Ltd", "HK", 16),
        ]),
    ])  # fmt: skip


def tiny():
    """Countries that are smaller than their mark."""
    return leads_of([
        (8.0, [
            hop("2024-01-05", "Cedar Compute Inc", "US", "Merlion Data", "SG", 64, "H100"),
            hop("2024-02-05", "Merlion Data", "SG", "Harbour Trading", "HK", 64),
            hop("2024-03-05", "Harbour Trading", "HK", "Pearl Delta Ltd", "MO", 64),
        ]),
        (5.0, [
            hop("2024-01-05", "Rock Finance", "MC", "Sovereign Servers", "VA", 16, "H200"),
            hop("2024-02-05", "Sovereign Servers", "VA", "Merlion Data", "SG", 16),
            hop("2024-03-05", "Merlion Data", "SG", "Pearl Delta Ltd", "MO", 16),
        ]),
    ])  # fmt: skip


def inside_one_country():
    """Hand-overs that never cross a border, by record and by inference."""
    return leads_of([
        (8.0, [
            hop("2024-01-05", "Cedar Compute Inc", "US", "Kaveri Systems", "IN", 64, "H100"),
            hop("2024-02-05", "Kaveri Systems", "IN", "Lotus Exports", "IN", 64),
            hop("2024-03-05", "Lotus Exports", "IN", "Ganges Parts", "IN", 64),
            hop("2024-04-05", "Brahma Goods", "IN", "Jade River Co", "CN", 64),
        ]),
    ], links=[(0, 2, 3, "domestic hand-over")])  # fmt: skip


def unknown_country():
    """A hop between parties of which the records name no country."""
    return leads_of([
        (8.0, [
            hop("2024-01-05", "Cedar Compute Inc", "US", "Anon Freight", None, 64, "H100"),
            hop("2024-02-05", "Anon Freight", None, "Kancil Sdn Bhd", "MY", 64),
            hop("2024-03-05", "Kancil Sdn Bhd", "MY", "Jade River Co", "CN", 64),
        ]),
    ])  # fmt: skip


def ports():
    """Hops between ports that are known, a port that is not found, and hops without ports."""
    return leads_of([
        (8.0, [
            hop("2024-01-05", "Cedar Compute Inc", "US", "Merlion Data", "SG", 64, "H100",
                export_port="Los Angeles International Airport", import_port="SGSIN"),
            hop("2024-02-05", "Merlion Data", "SG", "Kancil Sdn Bhd", "MY", 40,
                export_port="SINGAPORE", import_port="PORT KLANG"),
            hop("2024-02-15", "Merlion Data", "SG", "Kancil Sdn Bhd", "MY", 24, hop=2,
                export_port="SINGAPORE", import_port="Pasir Gudang"),
            hop("2024-03-05", "Kancil Sdn Bhd", "MY", "Jade River Co", "CN", 40, hop=3,
                export_port="Penang", import_port="Shanghai, China"),
            hop("2024-03-09", "Kancil Sdn Bhd", "MY", "Jade River Co", "CN", 24, hop=3,
                export_port="Gate 7 of nowhere", import_port="CNSZX"),
        ]),
        (5.0, [
            hop("2024-01-10", "Formosa Boards", "TW", "Gulf Star FZE", "AE", 256, "A100"),
            hop("2024-02-14", "Desert Link LLC", "AE", "Harbour Trading", "HK", 250,
                export_port="Jebel Ali"),
        ]),
    ], links=[(1, 0, 1, "domestic hand-over")])  # fmt: skip


def one_lead():
    """Nothing but one short route."""
    return leads_of([
        (3.9, [
            hop("2024-06-01", "Han Systems", "KR", "Saigon Parts", "VN", 8, "L40S"),
            hop("2024-08-11", "Saigon Parts", "VN", "Jade River Co", "CN", 8),
        ]),
    ])  # fmt: skip


def no_lead():
    """Records, and no route in them."""
    return no_leads(simulated=True)


def very_many():
    """More hops than can be told apart: those between two countries join."""
    return many_leads(1_200)


CASES = {
    "antimeridian": antimeridian, "poles": poles, "tiny": tiny,
    "inside-one-country": inside_one_country, "unknown-country": unknown_country,
    "ports": ports,
    "one-lead": one_lead, "no-lead": no_lead, "very-many": very_many,
}  # fmt: skip
