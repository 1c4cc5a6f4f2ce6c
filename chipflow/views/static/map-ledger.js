// Pictures and tables of one lead: its records in time, and what came into and left a company.
"use strict";
(() => {
  const { data, el, said, number, day, string } = chipflow;
  const { records, companies } = data;
  const SVG = "http://www.w3.org/2000/svg";
  const MOST_ROWS = 12; // companies in a timeline
  const ROW = 30; // pixels
  const LEFT = 118; // pixels for the names
  const WIDE = 386; // pixels: the width of the panel

  function svg(tag, attributes = {}, ...children) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }
  // A party is its company, or the name that the record gives where no company is known.
  const partyOf = (row, side) => records[side + "_company"][row] ?? "name:" + (string(records[side][row]) || "");
  const nameOf = (party) => (typeof party === "number" ? string(companies.name[party]) : party.slice(5)) || "not named";
  chipflow.partyOf = partyOf;
  chipflow.partyName = nameOf;

  // One line a company in the order in which goods reach it, an arrow for each shipment.
  chipflow.timeline = (rows) => {
    const dated = rows.filter((row) => records.day[row] !== null);
    if (dated.length < 2) return null;
    const order = [...dated].sort((a, b) => records.hop[a] - records.hop[b] || records.day[a] - records.day[b] || a - b);
    const parties = [...new Set(order.flatMap((row) => [partyOf(row, "shipper"), partyOf(row, "consignee")]))];
    const shown = parties.slice(0, MOST_ROWS);
    const days = dated.map((row) => records.day[row]);
    const [first, last] = [Math.min(...days), Math.max(...days)];
    const x = (when) => LEFT + 12 + ((when - first) / Math.max(last - first, 1)) * (WIDE - LEFT - 24);
    const y = (party) => 14 + shown.indexOf(party) * ROW;
    const tall = shown.length * ROW + 22;
    const words = `${order.length} shipments between ${parties.length} companies from ${day(first)} to ${day(last)}. The table of records below holds the same.`;
    const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${tall}`, role: "img", "aria-label": `Timeline: ${words}`, class: "timeline" });
    for (const party of shown) {
      const letters = Array.from(nameOf(party).replace(/[\p{C}\p{Z}]+/gu, " ").trim());
      const label = svg("text", { x: LEFT, y: y(party) + 4, "text-anchor": "end" });
      label.textContent = letters.length > 17 ? letters.slice(0, 16).join("") + "\u2026" : letters.join("") || "(no name)";
      const whole = svg("title");
      whole.textContent = letters.slice(0, 200).join("");
      label.append(whole);
      picture.append(svg("line", { x1: LEFT + 8, x2: WIDE, y1: y(party), y2: y(party), class: "rule" }), label);
    }
    const most = Math.max(...order.map((row) => records.units[row] || 0), 1);
    for (const row of order) {
      const [from, to] = [partyOf(row, "shipper"), partyOf(row, "consignee")];
      if (!shown.includes(from) || !shown.includes(to)) continue;
      const at = x(records.day[row]);
      const role = "role-" + ({ source: "source", middle: "middle", final: "final" }[string(records.stage[row])] || "other");
      const way = y(to) > y(from) ? 1 : -1;
      if (from === to) {
        picture.append(svg("circle", { cx: at, cy: y(from), r: 4, class: role }));
        continue;
      }
      const line = svg("path", { d: `M${at} ${y(from)}V${y(to) - 7 * way}`, class: role + " way", "stroke-width": 1.5 + 2.5 * Math.sqrt((records.units[row] || 0) / most) });
      const head = svg("path", { d: `M${at} ${y(to)}l-4.5 ${-9 * way}h9z`, class: role });
      const what = svg("title");
      what.textContent = `${day(records.day[row], string(records.precision[row]))}: ${records.units[row] === null ? "number of chips not known" : number(records.units[row]) + " chips"}`;
      const group = svg("g", {}, what, line, head);
      picture.append(group);
    }
    for (const [when, anchor] of [[first, "start"], [last, "end"]]) {
      const label = svg("text", { x: anchor === "start" ? LEFT + 8 : WIDE, y: tall - 4, "text-anchor": anchor, class: "axis" });
      label.textContent = day(when);
      picture.append(label);
    }
    const more = parties.length - shown.length;
    return [el("figure", { class: "drawn" }, picture), more > 0 ? el("p", { class: "note" }, `${number(more)} more companies are not drawn; the records below name them.`) : null];
  };

  // What came in against what left, company by company, on the records of one lead.
  chipflow.ledger = (rows, link) => {
    const books = new Map();
    const bookOf = (party) => {
      if (!books.has(party)) books.set(party, { party, into: 0, out: 0, arrived: null, left: null, open: false });
      return books.get(party);
    };
    for (const row of rows) {
      const [from, to] = [bookOf(partyOf(row, "shipper")), bookOf(partyOf(row, "consignee"))];
      const units = records.units[row];
      if (units === null) from.open = to.open = true;
      from.out += units || 0;
      to.into += units || 0;
      const when = records.day[row];
      if (when === null) continue;
      from.left = from.left === null ? when : Math.min(from.left, when);
      to.arrived = to.arrived === null ? when : Math.min(to.arrived, when);
    }
    const lines = [...books.values()].filter((book) => book.arrived !== null || book.into);
    if (!lines.length) return null;
    const held = (book) => (book.arrived === null || book.left === null || book.left < book.arrived ? "\u2014" : `${number(book.left - book.arrived)}`);
    return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Goods ledger: rest is what came in less what went out" }, el("table", {},
      el("thead", {}, el("tr", {}, ["Company", "In", "Out", "Rest", "Days held"].map((name, i) => el("th", { scope: "col", class: i ? "num" : null }, name)))),
      el("tbody", {}, lines.map((book) => el("tr", {},
        el("td", { class: "text" }, link(book.party)),
        el("td", { class: "num" }, number(book.into)),
        el("td", { class: "num" }, number(book.out)),
        el("td", { class: "num" }, book.open ? "not known" : number(book.into - book.out)),
        el("td", { class: "num" }, held(book)))))));
  };

  // Records as plain rows, for files.
  chipflow.recordRows = (rows, leads) => rows.map((row) => ({
    lead: string(leads.id[records.lead[row]]), rank: leads.rank[records.lead[row]], hop: records.hop[row], stage: string(records.stage[row]),
    date: records.day[row] === null ? null : new Date(records.day[row] * 864e5).toISOString().slice(0, { month: 7, year: 4 }[string(records.precision[row])] || 10),
    shipper: string(records.shipper[row]), from_country: data.countries.code[records.origin[row]],
    consignee: string(records.consignee[row]), to_country: data.countries.code[records.target[row]],
    export_port: string(records.export_port[row]), import_port: string(records.import_port[row]),
    description: string(records.description[row]), hs_code: string(records.hs_code[row]), chip: string(records.chip[row]),
    units: records.units[row], weight_kg: records.weight_kg[row], value_usd: records.value_usd[row],
    control_status: string(records.control[row]), control_rule: string(records.rule[row]), record_id: string(records.id[row]),
    source: string(records.source[row]), source_row: records.row[row], other_sources: string(records.others[row]),
  }));
})();
