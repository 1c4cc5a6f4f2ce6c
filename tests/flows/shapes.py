"""The same small table of trade in the shapes in which agencies and vendors hand it out."""

from __future__ import annotations

import json
from pathlib import Path

# Exports of Taiwan and imports of Malaysia in HS 847150, US dollars; three months.
AMOUNTS = {
    ("TW", "MY", "X", "2024-01"): 1_000_000.0,
    ("TW", "MY", "X", "2024-02"): 2_000_000.0,
    ("TW", "CN", "X", "2024-01"): 500_000.0,
    ("MY", "TW", "M", "2024-01"): 1_070_000.0,
}
ISO3 = {"TW": "S19", "MY": "MYS", "CN": "CHN"}
M49 = {"TW": 490, "MY": 458, "CN": 156}
NAMES = {"TW": "Other Asia, nes", "MY": "Malaysia", "CN": "China"}


def comtrade_new(path: Path) -> Path:
    """Comtrade+: 47 names, 48 cells in each row, Latin-1, totals beside their parts."""
    header = (
        "typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,reporterISO,"
        "reporterDesc,flowCode,flowDesc,partnerCode,partnerISO,partnerDesc,partner2Code,"
        "partner2ISO,partner2Desc,classificationCode,classificationSearchCode,"
        "isOriginalClassification,cmdCode,cmdDesc,aggrLevel,isLeaf,customsCode,customsDesc,"
        "mosCode,motCode,motDesc,qtyUnitCode,qtyUnitAbbr,qty,isQtyEstimated,altQtyUnitCode,"
        "altQtyUnitAbbr,altQty,isAltQtyEstimated,netWgt,isNetWgtEstimated,grossWgt,"
        "isGrossWgtEstimated,cifvalue,fobvalue,primaryValue,legacyEstimationFlag,isReported,"
        "isAggregate"
    )
    lines = [header]
    for (reporter, partner, flow, period), value in AMOUNTS.items():
        for mode, part in ((0, 1.0), (2100, 0.4), (3200, 0.6)):
            month = period.replace("-", "")
            cells = [
                "C", "M", month + "01", month[:4], month[4:], month, M49[reporter], ISO3[reporter],
                NAMES[reporter], flow, "", M49[partner], ISO3[partner], "Côte d'Ivoire"[:0], 0,
                "W00", "World", "H6", "HS", "true", "847150", "Units, ordinary", 6, "true", "C00",
                "TOTAL CPC", 0, mode, "", 5, "u", 10, "false", -1, "N/A", 0, "false", 200, "true",
                0, "false", "", "", value * part, 0, "true", "false", "",
            ]  # fmt: skip
            lines.append(",".join(f'"{cell}"' for cell in cells))
    cells = [
        "C", "M", "20240101", "2024", "1", "202401", 384, "CIV", "Côte d'Ivoire", "X", "", 0,
        "W00", "World", 0, "W00", "World", "H6", "HS", "true", "010121", "Horses", 6, "true", "C00",
        "", 0, 0, "", -1, "N/A", 0, "false", -1, "N/A", 0, "false", 0, "false", 0, "false", "", "",
        5, 0, "true", "false", "",
    ]  # fmt: skip
    lines.append(",".join(f'"{cell}"' for cell in cells))
    path.write_bytes("\n".join(lines).encode("latin-1"))
    return path


def comtrade_json(path: Path) -> Path:
    """The API's answer, with blank descriptions."""
    rows = [
        {
            "period": period.replace("-", ""), "reporterCode": M49[reporter], "reporterISO": None,
            "reporterDesc": None, "flowCode": flow, "partnerCode": M49[partner],
            "partner2Code": 0, "customsCode": "C00", "motCode": 0, "classificationCode": "H6",
            "cmdCode": "847150", "qtyUnitCode": -1, "qty": 0, "primaryValue": value,
        }
        for (reporter, partner, flow, period), value in AMOUNTS.items()
    ]  # fmt: skip
    path.write_text(json.dumps({"elapsedTime": "0.1 secs", "count": 4, "data": rows, "error": ""}))
    return path


def comtrade_old(path: Path) -> Path:
    """Old Comtrade, with blanks and brackets in the names and words for the flow."""
    lines = [
        "Classification,Year,Period,Aggregate Level,Is Leaf Code,Trade Flow Code,Trade Flow,"
        "Reporter Code,Reporter,Reporter ISO,Partner Code,Partner,Partner ISO,Commodity Code,"
        "Commodity,Qty Unit,Qty,Netweight (kg),Trade Value (US$),Flag"
    ]
    for (reporter, partner, flow, period), value in AMOUNTS.items():
        month = period.replace("-", "")
        way = "2,Export" if flow == "X" else "1,Import"
        lines.append(
            f'H5,{month[:4]},{month},6,1,{way},{M49[reporter]},"{NAMES[reporter]}",,'
            f'{M49[partner]},"{NAMES[partner]}",,847150,"x",No Quantity,0,0,{value:.0f},0'
        )
    path.write_text("\n".join(lines))
    return path


def trade_data_monitor(path: Path) -> Path:
    """UTF-16 with tabs, E and I for the flow."""
    lines = ["FLOW\tRPT_ISO\tPTN_ISO\tCOMMODITY\tYEAR\tMONTH\tVALUE\tQTY1\tUNIT1\tQTY2\tUNIT2"] + [
        f"{'E' if flow == 'X' else 'I'}\t{reporter}\t{partner}\t847150\t{period[:4]}\t"
        f"{int(period[5:])}\t{value:.0f}\t0\t\t0\t"
        for (reporter, partner, flow, period), value in AMOUNTS.items()
    ]
    path.write_text("\n".join(lines), encoding="utf-16")
    return path


def national(path: Path) -> Path:
    """A file that nobody knows, with thousands apart by commas."""
    lines = ["Reporter;Partner country;Direction;Month;HS code;Value (thousand USD)"] + [
        f"{reporter};{NAMES[partner]};{'export' if flow == 'X' else 'import'};"
        f"{period[5:]}/{period[:4]};8471.50;{value / 1000:,.2f}"
        for (reporter, partner, flow, period), value in AMOUNTS.items()
    ]
    path.write_text("\n".join(lines))
    return path


def exporters_and_importers(path: Path) -> Path:
    """Exporter and importer columns with a flow: the reporter is on the side of the flow."""
    lines = ["exporter,importer,flow,period,hs6,value_usd"]
    for (reporter, partner, flow, period), value in AMOUNTS.items():
        sides = (reporter, partner) if flow == "X" else (partner, reporter)
        lines.append(f"{ISO3[sides[0]]},{ISO3[sides[1]]},{flow},{period},847150,{value}")
    path.write_text("\n".join(lines))
    return path


SHAPES = {
    "comtrade_new.csv": comtrade_new,
    "comtrade.json": comtrade_json,
    "comtrade_old.csv": comtrade_old,
    "tdm.tsv": trade_data_monitor,
    "national.csv": national,
    "sides.csv": exporters_and_importers,
}
