// What the map shows and how a reader moves through it: filters, lists, time, dossiers, address.
"use strict";
(() => {
  const { data, el, said, number, compact, dollars, day, month, monthOf, plural, colour, string } = chipflow;
  const $ = (id) => document.getElementById(id);
  const { leads, arcs, records, countries, ports, companies, flows, evidence, settle } = data;
  const COUNT = leads.id.length;
  const PAGE = 60; // leads put into the list at a time
  const TABS = ["leads", "countries", "companies"];
  const MOST_ROWS = 60; // records in the dossier of a country, a company or an arc
  const MOST_FIRMS = 300; // companies to choose from, those on most leads
  const JOINED_WIDTH = 0.6; // of what a single hop is drawn with: arcs that join many lie close
  const STEP = 420; // milliseconds a month while playing

  const lead = (name, i) => string(leads[name][i]);
  const rowsOf = (table, size) => {
    const groups = Array.from({ length: size }, () => []);
    table.lead.forEach((owner, row) => groups[owner].push(row));
    return groups;
  };
  const arcsOf = rowsOf(arcs, COUNT);
  const recordsOf = rowsOf(records, COUNT);
  const evidenceOf = rowsOf(evidence, COUNT);
  const settleOf = rowsOf(settle, COUNT);
  const chipsOf = rowsOf(data.chips, COUNT).map((rows) => rows.map((row) => string(data.chips.chip[row])));
  const placesOf = arcsOf.map((rows) => new Set(rows.flatMap((row) => [arcs.origin[row], arcs.target[row]])));
  // Where an arc is drawn from and to: a port where one is known, else the country's point.
  const nodeOf = (row, end) => (arcs[end + "_port"][row] === null ? arcs[end === "from" ? "origin" : "target"][row] : countries.code.length + arcs[end + "_port"][row]);
  // All that a lead is found by: companies with their other spellings, chips, countries, ports,
  // goods, HS codes, records and where they stand in the source.
  const search = new chipflow.Search(leads.id.map((_, i) => {
    const words = [lead("id", i), lead("companies", i), lead("chips", i)];
    for (const place of placesOf[i]) words.push(countries.name[place]);
    for (const row of recordsOf[i]) {
      for (const name of ["id", "shipper", "consignee", "description", "export_port", "import_port", "source"]) words.push(string(records[name][row]));
      words.push((string(records.hs_code[row]) || "").replaceAll(".", ""));
      for (const side of [records.shipper_company[row], records.consignee_company[row]]) {
        if (side !== null) words.push(string(companies.name[side]), string(companies.aliases[side]));
      }
    }
    return [...new Set(words)].join(" \n ");
  }), placesOf.map((places) => [...places].map((place) => countries.code[place])));
  const idPlace = new Map(leads.id.map((id, i) => [string(id), i]));
  const codePlace = new Map(countries.code.map((code, i) => [code, i]));

  const idOfCompany = new Map(companies.id.map((id, i) => [string(id), i]));
  const companiesOf = recordsOf.map((rows) => new Set(rows.flatMap((row) => [records.shipper_company[row], records.consignee_company[row]])));
  const partsOf = evidenceOf.map((rows) => new Set(rows.map((row) => evidence.part[row])));
  const marks = new chipflow.Marks(data.marks);
  const scale = new chipflow.Scale(leads);
  const shadeOf = (i) => colourNamed(scale.nameOf(i));
  const shades = new Map(); // asking for a colour is slow: once for a scheme
  function colourNamed(name) {
    if (!shades.has(name)) shades.set(name, colour(name));
    return shades.get(name);
  }

  // Months from the first to the last one that is drawn.
  const dated = COUNT
    ? arcs.first.concat(arcs.last).filter((one) => one !== null).map(monthOf)
    : flows.month.filter((one) => one !== null);
  const span = dated.length
    ? dated.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity])
    : null;
  // Months are compared at every change of a filter: worked out once.
  const months = (days) => days.map((one) => (one === null ? null : monthOf(one)));
  const [arcFirst, arcLast, recordMonth] = [months(arcs.first), months(arcs.last), months(records.day)];
  const leadUnits = arcs.units.reduce((most, one) => Math.max(most, one || 0), 0);

  const NOTHING_OPEN = { lead: null, country: null, company: null, pair: null };
  const NO_FILTER = { chip: "", place: "", q: "", firm: null, part: null, most: null, mark: "" };
  const state = { ...NOTHING_OPEN, ...NO_FILTER, flows: COUNT === 0, from: span?.[0], to: span?.[1], tab: "leads", page: 1, caption: "" };
  let visible = [];
  let near = []; // spellings that were taken for a word that is nowhere
  let drawing;
  let inset;
  let shapes;
  let playing = null;
  let cameFrom = null;

  // ---- which leads and arcs are shown ------------------------------------------------------
  const inTime = (row) => {
    if (!span || (state.from === span[0] && state.to === span[1])) return true;
    if (arcFirst[row] === null || arcLast[row] === null) return true;
    return arcLast[row] >= state.from && arcFirst[row] <= state.to;
  };
  function choose() {
    const found = search.find(state.q);
    near = found.near;
    const place = codePlace.get(state.place);
    visible = [];
    for (let i = 0; i < COUNT; i++) {
      if (state.chip && !chipsOf[i].includes(state.chip)) continue;
      if (state.place && !placesOf[i].has(place)) continue;
      if (state.firm !== null && !companiesOf[i].has(state.firm)) continue;
      if (state.part !== null && !partsOf[i].has(state.part)) continue;
      // A lead without a q-value was not tested: it cannot pass a limit.
      if (state.most !== null && !(leads.q_value[i] !== null && leads.q_value[i] <= state.most)) continue;
      if (state.mark && (marks.of(lead("id", i)).mark || "none") !== state.mark) continue;
      if (!found.passes(i)) continue;
      if (!arcsOf[i].some(inTime)) continue;
      visible.push(i);
    }
    scale.show(visible);
  }

  const widthOf = (units, most) => 1.6 + (units > 0 && most > 0 ? 6.4 * Math.sqrt(Math.min(units / most, 1)) : 0);
  function flowArcs() {
    const pairs = new Map();
    const place = codePlace.get(state.place);
    flows.origin.forEach((origin, row) => {
      const target = flows.target[row];
      const when = flows.month[row];
      if (when !== null && span && (state.from !== span[0] || state.to !== span[1]) && (when < state.from || when > state.to)) return;
      if (state.place && origin !== place && target !== place) return;
      const key = origin + ">" + target;
      const pair = pairs.get(key) || { origin, target, amount: 0, shipments: 0 };
      pair.amount += flows[data.measure][row] || 0;
      pair.shipments += flows.shipments[row];
      pairs.set(key, pair);
    });
    const found = [...pairs.values()].sort((a, b) => b.amount - a.amount || a.origin - b.origin || a.target - b.target).slice(0, COUNT ? 60 : 120);
    const most = found.reduce((top, pair) => Math.max(top, pair.amount), 0);
    return found.map((pair, order) => ({
      ...pair, background: true, colour: drawing.colours.flow, width: COUNT ? Math.min(widthOf(pair.amount, most), 4) : widthOf(pair.amount, most),
      dashed: false, faded: state.lead !== null, strong: false, order: -order, key: "flow",
    }));
  }

  function drawnArcs() {
    const rows = [];
    for (const i of visible) for (const row of arcsOf[i]) if (inTime(row)) rows.push(row);
    const single = rows.length <= chipflow.Drawing.MOST_SINGLE;
    const chosen = state.lead;
    const drawn = [];
    if (single) {
      for (const row of rows) drawn.push(one(row));
    } else {
      const joined = new Map();
      for (const row of rows) {
        const key = 2 * (arcs.origin[row] * countries.code.length + arcs.target[row]) + Number(arcs.inferred[row]);
        const pair = joined.get(key) || { origin: arcs.origin[row], target: arcs.target[row], dashed: arcs.inferred[row], units: 0, rows: [], best: -1, score: -Infinity };
        pair.units += arcs.units[row] || 0;
        pair.rows.push(row);
        const score = leads.score[arcs.lead[row]] ?? -1e9;
        if (score > pair.score) [pair.score, pair.best] = [score, arcs.lead[row]];
        joined.set(key, pair);
      }
      const all = [...joined.values()].sort((a, b) => b.units - a.units || b.score - a.score || a.origin - b.origin || a.target - b.target);
      const pairs = all.slice(0, chipflow.Drawing.MOST_JOINED);
      data.undrawn = all.length - pairs.length;
      const most = pairs.reduce((top, pair) => Math.max(top, pair.units), 0);
      for (const pair of pairs) {
        drawn.push({ ...pair, colour: shadeOf(pair.best), width: JOINED_WIDTH * widthOf(pair.units, most), crowd: true, faded: chosen !== null, strong: false, order: pair.score, owners: pair.rows.map((row) => arcs.lead[row]) });
      }
      if (chosen !== null) for (const row of arcsOf[chosen]) drawn.push(one(row));
    }
    // A lead that was chosen stays on the map even when a filter takes it out of the list.
    if (single && chosen !== null && !visible.includes(chosen)) for (const row of arcsOf[chosen]) drawn.push(one(row));
    data.joined = single ? 0 : rows.length;
    if (single) data.undrawn = 0;
    return (state.flows ? flowArcs() : []).concat(drawn);

    function one(row) {
      const owner = arcs.lead[row];
      const mine = owner === chosen;
      return {
        row, owner, owners: [owner], origin: arcs.origin[row], target: arcs.target[row], from: nodeOf(row, "from"), to: nodeOf(row, "to"), hop: arcs.hop[row], units: arcs.units[row], dashed: arcs.inferred[row],
        colour: shadeOf(owner), width: widthOf(arcs.units[row], leadUnits), order: leads.score[owner] ?? 0,
        faded: chosen !== null && !mine, strong: mine, label: mine && !arcs.inferred[row] ? String(Math.floor(arcs.hop[row])) : null,
      };
    }
  }

  // ---- drawing ----------------------------------------------------------------------------
  function paint() {
    const shown = drawnArcs();
    const live = shown.filter((arc) => !arc.faded && (!arc.background || !COUNT));
    const touched = new Set(live.flatMap((arc) => [countries.code[arc.origin], countries.code[arc.target]]));
    if (state.country !== null) touched.add(countries.code[state.country]);
    const goal = new Set(COUNT ? data.asked.destination : []);
    drawing.setArcs(shown, touched, goal);
    if (inset.box) inset.show();
    noteJoined();
  }
  function noteJoined() {
    const note = $("legend").querySelector("#joined");
    if (!note) return;
    note.hidden = !data.joined;
    note.textContent = "Many hops: those between the same two countries are drawn as one arc, in the colour of the strongest lead." + (data.undrawn ? ` The ${number(chipflow.Drawing.MOST_JOINED)} largest are drawn; ${number(data.undrawn)} more come into view with a filter.` : "");
  }
  function update({ list = true } = {}) {
    choose();
    paint();
    if (list) drawList();
    if (scale.by === "lead") drawLegend();
    drawHistogram();
    remember();
  }
  // Routes are fitted into what the inset leaves free.
  const fit = (animate) => {
    drawing.handled = false;
    const goal = inset.arrange(placesShown());
    showInset();
    drawing.moveTo(goal, animate && !inset.box);
    if (inset.box) inset.show();
  };
  function showInset() {
    const frame = $("inset");
    frame.hidden = !inset.box;
    if (!inset.box) {
      inset.hide();
      return;
    }
    for (const [name, value] of Object.entries(inset.box)) frame.style.setProperty(name, `${value}px`);
    if (inset.lens.width !== inset.lens.box.clientWidth || inset.lens.height !== inset.lens.box.clientHeight) inset.lens.resize();
  }
  // Called where the reader has moved the map and it has come to rest.
  function rested() {
    if (!inset.box) return;
    if (!inset.useful()) {
      inset.box = null;
      showInset();
      drawing.request();
    } else inset.show();
  }
  const placesShown = () => {
    const chosen = state.lead !== null ? arcsOf[state.lead] : visible.flatMap((i) => arcsOf[i]);
    const ends = new Set(chosen.flatMap((row) => [nodeOf(row, "from"), nodeOf(row, "to")]));
    if (!ends.size) for (const arc of drawing.arcs.slice(0, 24)) ends.add(arc.origin).add(arc.target);
    return [...ends];
  };

  // ---- the list ---------------------------------------------------------------------------
  const arrow = () => [el("span", { class: "arrow" }, "\u2192"), el("wbr")];
  const chain = (text, whole = false) => (text || "").split(" > ").map((stop, i) => {
    // A stop may be several countries, side by side.
    const codes = stop.split(" | ");
    const names = codes.map((code) => countries.name[codePlace.get(code)] || code).join(", ");
    return [i ? arrow() : null, el("span", { title: names }, said((whole ? names : codes.join(", ")) || "?", 60))];
  });
  const listed = (text) => (text || "").replaceAll(" | ", ", ");
  // What is followed of a lot is a share of it; nobody ships a tenth of a chip.
  const count = (value) => number(value > 20 ? Math.round(value) : value);
  const period = (first, last) => (first === null && last === null ? "no date" : first === last ? day(first) : `${day(first)} \u2013 ${day(last)}`);
  // Dark or white figures on a mark, whichever is read better (relative luminance, WCAG 2.2).
  const inks = new Map();
  function inkOn(shade) {
    if (!inks.has(shade)) {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(shade.slice(at, at + 2), 16) / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
      inks.set(shade, 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.183 ? "#1b1204" : "#fff");
    }
    return inks.get(shade);
  }
  const rankMark = (i) => el("span", { class: "rank num", style: { background: shadeOf(i), color: inkOn(shadeOf(i)) } }, el("span", { class: "visually-hidden" }, "Lead "), number(leads.rank[i]));
  function drawList() {
    const list = $("list");
    list.replaceChildren();
    $("tab-leads").textContent = `Leads (${number(visible.length)})`;
    if (state.tab === "countries") return drawCountries(list);
    if (state.tab === "companies") return drawCompanies(list);
    if (!COUNT) {
      $("status").textContent = "";
      list.append(el("div", { class: "nothing" },
        el("h2", {}, data.reading.heading),
        el("p", {}, said(data.reading.sentence, 800)),
        ...data.reading.hints.map((one) => el("p", {}, said(one, 400))),
        el("p", { class: "muted" }, `The map shows the largest flows between countries in these records instead, measured in ${data.measure_name}. They are ordinary trade, not leads.`),
        data.set_aside.reason.length ? el("p", { class: "muted" }, `${plural(data.set_aside.reason.length, "route was", "routes were")} looked at and set aside; the report says why.`) : null));
      return undefined;
    }
    const left = data.left_out.leads ? ` The page holds the best ${number(COUNT)} of ${number(COUNT + data.left_out.leads)}; the table files hold all.` : "";
    const taken = near.length ? ` No record says \u201c${state.q.slice(0, 60)}\u201d; near spellings: ${near.join(", ")}.` : "";
    $("status").textContent = `${number(visible.length)} of ${plural(COUNT, "lead")} shown.${taken}${left}`;
    const rows = visible.slice(0, PAGE * state.page).map((i) => el("li", {}, el("button", {
      type: "button", class: `item ${marks.of(lead("id", i)).mark === "dismissed" ? "dismissed" : ""}`, "aria-pressed": String(i === state.lead), "data-lead": lead("id", i), on: { click: (event) => openLead(i, event.currentTarget) },
    },
      rankMark(i),
      el("span", { class: "route" }, chain(lead("countries", i)), tag(i)),
      el("span", { class: "facts num" }, `${compact(leads.units[i])} chips \u00b7 `, said(listed(lead("chips", i)) || "chip not named", 40), ` \u00b7 ${day(leads.first[i], "month")}`),
      el("span", { class: "names" }, said(lead("companies", i), 160)))));
    list.append(el("ol", {}, rows));
    if (!rows.length) list.append(el("p", { class: "nothing" }, "No lead passes these filters."));
    if (visible.length > rows.length) {
      list.append(moreButton(visible.length));
    }
    return undefined;
  }
  function tag(i) {
    const { mark, note } = marks.of(lead("id", i));
    return mark || note ? el("span", { class: "tag", title: note || null }, mark || "note") : null;
  }
  // What the reader thinks of a lead.
  function marking(i) {
    const id = lead("id", i);
    const { mark, note } = marks.of(id);
    const change = (what) => {
      marks.set(id, what);
      sayMarks();
      choose();
      drawList();
    };
    return el("div", { class: "marking" },
      el("fieldset", { class: "choices" }, el("legend", { class: "visually-hidden" }, "Mark this lead"), ["", ...chipflow.Marks.MARKS].map((one) => el("label", {},
        el("input", { type: "radio", name: "mark", value: one, checked: one === mark, on: { change: () => change({ mark: one }) } }), one || "not marked"))),
      textField(note, (text) => change({ note: text })));
  }
  function textField(text, done) {
    const field = el("textarea", { "aria-label": "Note on this lead", placeholder: "Note", maxlength: chipflow.Marks.MOST, on: { change: () => done(field.value) } });
    field.value = text;
    return field;
  }
  function sayMarks(text = null) {
    $("marks").hidden = !COUNT;
    $("marks-said").textContent = text ?? `${plural(marks.rows.size, "lead")} marked${marks.unsaved ? ", not saved yet" : ""}.`;
  }
  const moreButton = (all) => el("button", { type: "button", class: "more", on: { click: () => { state.page += 1; drawList(); } } }, `Show more of ${number(all)}`);
  function countryTotals() {
    const totals = countries.code.map((_, i) => ({ i, into: 0, out: 0, leads: new Set() }));
    if (COUNT) {
      for (const i of visible) for (const row of arcsOf[i]) {
        if (!inTime(row)) continue;
        for (const end of [arcs.origin[row], arcs.target[row]]) totals[end].leads.add(i);
        if (arcs.inferred[row]) continue;
        totals[arcs.origin[row]].out += arcs.units[row] || 0;
        totals[arcs.target[row]].into += arcs.units[row] || 0;
      }
    } else {
      flows.origin.forEach((origin, row) => {
        totals[origin].out += flows[data.measure][row] || 0;
        totals[flows.target[row]].into += flows[data.measure][row] || 0;
      });
    }
    return totals.filter((one) => one.into || one.out || one.leads.size).sort((a, b) => b.into + b.out - a.into - a.out || a.i - b.i);
  }
  function drawCountries(list) {
    const totals = countryTotals();
    $("status").textContent = `${plural(totals.length, "country", "countries")}, measured in ${COUNT ? "chips on leads" : data.measure_name}.`;
    list.append(el("ol", {}, totals.map((one) => el("li", {}, el("button", { type: "button", class: "item", "data-country": countries.code[one.i], "aria-pressed": String(one.i === state.country), on: { click: (event) => openCountry(one.i, event.currentTarget) } },
      el("span", { class: "rank", style: { background: colour("soft"), border: "1px solid " + colour("line") } }, said(countries.code[one.i], 4)),
      el("span", { class: "route" }, said(countries.name[one.i], 50)),
      el("span", { class: "facts num" }, `in ${compact(one.into)} \u00b7 out ${compact(one.out)}`),
      one.leads.size ? el("span", { class: "names" }, plural(one.leads.size, "lead")) : null)))));
  }
  // What companies moved on the leads that are shown; a lot counts once a company and side.
  function companyTotals(found) {
    const totals = new Map();
    const seen = new Set();
    for (const i of found) {
      for (const row of recordsOf[i]) {
        for (const side of ["shipper", "consignee"]) {
          const company = records[side + "_company"][row];
          if (company === null) continue;
          const one = totals.get(company) || { company, into: 0, out: 0, leads: new Set() };
          totals.set(company, one);
          one.leads.add(i);
          const lot = `${records.id[row]}:${side}`;
          if (seen.has(lot)) continue;
          seen.add(lot);
          one[side === "shipper" ? "out" : "into"] += records.units[row] || 0;
        }
      }
    }
    return [...totals.values()].sort((a, b) => b.leads.size - a.leads.size || b.into + b.out - a.into - a.out || a.company - b.company);
  }
  function drawCompanies(list) {
    const totals = companyTotals(visible);
    $("status").textContent = COUNT ? `${plural(totals.length, "company", "companies")} on the leads shown. To be on a lead is a reason to ask, nothing more.` : "Companies are listed for leads, and there is none.";
    list.append(el("ol", {}, totals.slice(0, PAGE * state.page).map((one) => el("li", {}, el("button", { type: "button", class: "item plain", "data-company": string(companies.id[one.company]), "aria-pressed": String(one.company === state.company), on: { click: (event) => openCompany(one.company, event.currentTarget) } },
      el("span", { class: "route" }, said(string(companies.name[one.company]), 80)),
      el("span", { class: "facts num" }, `in ${compact(one.into)} \u00b7 out ${compact(one.out)} chips \u00b7 ${plural(one.leads.size, "lead")}`),
      el("span", { class: "names" }, said(countryName(string(companies.country[one.company])), 50), " \u00b7 ", said(string(companies.role[one.company]), 30)))))));
    if (totals.length > PAGE * state.page) list.append(moreButton(totals.length));
  }
  const countryName = (code) => (code ? countries.name[codePlace.get(code)] || code : "country not recorded");

  // ---- dossiers ---------------------------------------------------------------------------
  function show(kicker, dot, heading, ...content) {
    const box = $("dossier");
    box.replaceChildren(
      el("button", { type: "button", class: "close", "aria-label": "Close the dossier", on: { click: closeDossier } }, "\u00d7"),
      el("header", {},
        el("p", { class: "kicker" }, dot ? el("span", { class: "dot", style: { background: dot } }) : null, kicker),
        el("h2", { tabindex: "-1", id: "dossier-title" }, heading)),
      ...content.flat(Infinity).filter(Boolean));
    box.hidden = false;
    box.scrollTop = 0;
    document.querySelector(".app").classList.add("open");
    $("dossier-title").focus({ preventScroll: true });
  }
  const fact = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", { class: "num" }, ...value));
  function closeDossier() {
    $("dossier").hidden = true;
    document.querySelector(".app").classList.remove("open");
    Object.assign(state, NOTHING_OPEN);
    update();
    const again = cameFrom && document.querySelector(cameFrom);
    (again || $("arcs")).focus({ preventScroll: false });
  }
  function openLead(i, from = null) {
    Object.assign(state, NOTHING_OPEN, { lead: i });
    cameFrom = from ? `[data-lead="${CSS.escape(lead("id", i))}"]` : null;
    const range = leads.units_low[i] !== null && leads.units_high[i] !== null ? ` (${count(leads.units_low[i])}\u2013${count(leads.units_high[i])})` : "";
    const mine = recordsOf[i];
    const reasons = evidenceOf[i].filter((row) => !evidence.innocent[row]);
    const innocent = evidenceOf[i].filter((row) => evidence.innocent[row]);
    const lines = (rows) => el("ul", {}, rows.map((row) => el("li", {}, said(string(evidence.text[row]), 400))));
    show([`Lead ${number(leads.rank[i])} of ${number(COUNT + data.left_out.leads)} \u00b7 `, said(lead("id", i), 24)], `var(--${scale.nameOf(i)})`,
      chain(lead("countries", i), true),
      takeAway(mine, lead("id", i), () => summaryOf(i, reasons, innocent), () => dossierOf(i, reasons, innocent)),
      el("p", { class: "lede" }, said(lead("sentence", i), 500)),
      marking(i),
      el("dl", { class: "facts-grid" },
        fact("Chips", count(leads.units[i]) + range),
        fact("Chip", said(listed(lead("chips", i)) || "not named", 60)),
        fact("No coincidence", lead("in_steps", i) === null ? "not known" : `${lead("in_steps", i)} like it`),
        fact("Dates", period(leads.first[i], leads.last[i])),
        fact("Declared value", dollars(leads.value_usd[i])),
        fact("Records", number(mine.length))),
      el("p", { class: "chance" }, said(lead("chance", i), 500)),
      el("h3", {}, "Route"), hops(i),
      el("h3", {}, "Timeline"), chipflow.timeline(mine) || el("p", { class: "muted" }, "Fewer than two of its records have a day."),
      el("h3", {}, "Goods ledger, in chips"), chipflow.ledger(mine, companyLink),
      el("h3", {}, "Why it stands out"), reasons.length ? lines(reasons) : el("p", { class: "muted" }, "No reason is recorded."),
      el("h3", {}, "What would explain it innocently"), innocent.length ? lines(innocent) : el("p", { class: "muted" }, "No innocent explanation was tested for this lead."),
      settleOf[i].length ? [el("h3", {}, "Which record would settle it"), el("ul", {}, settleOf[i].map((row) => el("li", {}, said(string(settle.text[row]), 400))))] : null,
      el("h3", {}, `Records (${number(mine.length)})`), recordTable(mine),
      el("p", { class: "note" }, "A lead is consistent with controlled goods moving on; records alone do not show intent, and may be incomplete."));
    update();
    scrollToItem();
    fit(true);
  }
  // ---- what can be taken away ----------------------------------------------------------------
  function takeAway(rows, name, summary, whole) {
    const file = `chipflow-${String(name).replace(/[^\w-]+/g, "_").slice(0, 60)}`;
    const link = () => location.href.split("#")[0] + "#" + addressOf();
    return el("div", { class: "takes", role: "group", "aria-label": "Take away" },
      summary ? chipflow.copyButton("Copy summary", summary) : null,
      // Inside a notebook the page has no address of its own that anybody could open.
      location.protocol === "about:" ? null : chipflow.copyButton("Copy link", link),
      rows.length ? chipflow.saveButton("Records, CSV", file + ".csv", "text/csv", () => chipflow.csv(chipflow.recordRows(rows, leads))) : null,
      whole ? chipflow.saveButton("Dossier, JSON", file + ".json", "application/json", () => JSON.stringify(whole(), null, 2) + "\n") : null);
  }
  function summaryOf(i, reasons, innocent) {
    const list = (title, rows) => (rows.length ? `${title}:\n${rows.map((row) => "- " + string(evidence.text[row])).join("\n")}\n` : "");
    const sources = recordsOf[i].map((row) => `- ${string(records.source[row]) ?? "no source"}, row ${records.row[row] ?? "not known"}: ${string(records.shipper[row]) ?? "not named"} \u2192 ${string(records.consignee[row]) ?? "not named"}, ${day(records.day[row], string(records.precision[row]))}`);
    return [data.simulated ? "SIMULATED RECORDS\n" : "", `Lead ${leads.rank[i]} (${lead("id", i)}): ${lead("countries", i)}\n`, `${lead("sentence", i)}\n`,
      `${lead("chance", i)}\n`,
      list("Why it stands out", reasons), list("What would explain it innocently", innocent), `Records:\n${sources.join("\n")}\n`,
      "A lead is a question to ask, and no finding about any company.\n"].filter(Boolean).join("\n");
  }
  function dossierOf(i, reasons, innocent) {
    const row = Object.fromEntries(Object.keys(leads).filter((name) => !["first", "last"].includes(name)).map((name) => [name, typeof leads[name][i] === "number" && ["id", "origin", "destination", "countries", "companies", "chips", "sentence", "chance", "in_steps"].includes(name) ? lead(name, i) : leads[name][i]]));
    const texts = (rows) => rows.map((one) => ({ part: string(evidence.part[one]), log_lr: evidence.weight[one], sentence: string(evidence.text[one]) }));
    return { simulated: data.simulated, lead: row, reasons: texts(reasons), innocent_explanations: texts(innocent), would_settle_it: settleOf[i].map((one) => string(settle.text[one])), records: chipflow.recordRows(recordsOf[i], leads) };
  }
  const companyLink = (party) => (typeof party === "number"
    ? el("button", { type: "button", class: "link", on: { click: () => openCompany(party) } }, said(chipflow.partyName(party), 80))
    : said(chipflow.partyName(party), 80));
  // Records of several leads: each once, the newest last, as many as can be read here.
  function recordsHere(found, wanted, name) {
    const seen = new Map();
    for (const i of found) for (const row of recordsOf[i]) if (wanted(row) && !seen.has(records.id[row])) seen.set(records.id[row], row);
    const rows = [...seen.values()].sort((a, b) => (records.day[a] ?? 0) - (records.day[b] ?? 0) || a - b);
    if (!rows.length) return null;
    return [el("h3", {}, `Records (${number(rows.length)})`), takeAway(rows, name),
      rows.length > MOST_ROWS ? el("p", { class: "note" }, `The first ${number(MOST_ROWS)} are shown; the file has all.`) : null,
      recordTable(rows.slice(0, MOST_ROWS))];
  }
  function scrollToItem() {
    document.querySelector('.item[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  }
  function namesOf(rows, side) {
    const found = [...new Set(rows.map((row) => {
      const company = records[side + "_company"][row];
      return company === null ? string(records[side][row]) : string(companies.name[company]);
    }))];
    const shown = found.slice(0, 3).map((name, i) => [i ? ", " : "", said(name || "not named", 60)]);
    return found.length > 3 ? [shown, ` and ${found.length - 3} more`] : shown;
  }
  function hops(i) {
    return el("ol", { class: "hops" }, arcsOf[i].map((row) => {
      const leg = el("div", { class: "leg" }, countries.name[arcs.origin[row]], arrow(), countries.name[arcs.target[row]]);
      const amount = arcs.units[row] === null ? "number of chips not known" : `${count(arcs.units[row])} ${arcs.units[row] === 1 ? "chip" : "chips"}`;
      if (arcs.inferred[row]) {
        return el("li", { class: "inferred" },
          arcs.origin[row] === arcs.target[row] ? el("div", { class: "leg" }, "Inside ", countries.name[arcs.origin[row]]) : leg,
          el("div", {}, said(string(arcs.sentence[row]), 300)),
          el("div", { class: "when num" }, `inferred (${string(arcs.stage[row]) || "no record"}) \u00b7 ${amount} \u00b7 ${period(arcs.first[row], arcs.last[row])}`));
      }
      const mine = recordsOnArc(row);
      const through = portWords(mine);
      return el("li", {}, leg,
        el("div", {}, namesOf(mine, "shipper"), arrow(), namesOf(mine, "consignee")),
        through ? el("div", { class: "ports" }, through) : null,
        el("div", { class: "when num" }, `hop ${arcs.hop[row]} \u00b7 ${period(arcs.first[row], arcs.last[row])} \u00b7 ${amount} \u00b7 ${plural(arcs.records[row], "record")}`));
    }));
  }
  const portLine = (row) => {
    const through = portWords([row]);
    return through ? [el("br"), el("span", { class: "muted" }, through)] : null;
  };
  function recordTable(rows) {
    const head = ["Hop", "Date", "Shipper", "Consignee", "Goods as described", "Chips", "Weight", "Value", "Rule that day", "Source"];
    return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Records" }, el("table", {},
      el("thead", {}, el("tr", {}, head.map((name, i) => el("th", { scope: "col", class: i > 4 && i < 8 ? "num" : null }, name)))),
      el("tbody", {}, rows.map((row) => el("tr", { "data-record": string(records.id[row]) },
        el("td", { class: "num" }, number(records.hop[row])),
        el("td", { class: "num" }, day(records.day[row], string(records.precision[row]))),
        el("td", { class: "text" }, said(string(records.shipper[row]), 80)),
        el("td", { class: "text" }, said(string(records.consignee[row]), 80), portLine(row)),
        el("td", { class: "text" }, said(string(records.description[row]), 120), records.hs_code[row] === null ? null : [el("br"), el("span", { class: "muted" }, "HS ", said(string(records.hs_code[row]), 16))]),
        el("td", { class: "num" }, number(records.units[row])),
        el("td", { class: "num" }, records.weight_kg[row] === null ? "\u2014" : number(records.weight_kg[row]) + " kg"),
        el("td", { class: "num" }, dollars(records.value_usd[row])),
        el("td", { class: "text" }, said(string(records.control[row])?.replaceAll("_", " "), 40), string(records.rule[row]) ? [el("br"), el("span", { class: "muted" }, said(string(records.rule[row]), 60))] : null),
        el("td", { class: "text" }, said(string(records.source[row]), 80), records.row[row] === null ? null : `, row ${records.row[row]}`, string(records.others[row]) ? [el("br"), el("span", { class: "muted" }, "also ", said(string(records.others[row]), 80))] : null))))));
  }
  function leadLinks(found) {
    const rows = found.slice(0, 60).map((i) => el("li", {}, el("button", { type: "button", class: "link", on: { click: () => openLead(i) } }, `Lead ${number(leads.rank[i])}`), " ", chain(lead("countries", i)), `, ${compact(leads.units[i])} chips`));
    return [el("h3", {}, plural(found.length, "lead") + " here"), el("ul", {}, rows), found.length > 60 ? el("p", { class: "note" }, `and ${number(found.length - 60)} more; filter the list to see them.`) : null];
  }
  function companiesIn(found, wanted) {
    const seen = new Map();
    for (const i of found) for (const row of recordsOf[i]) {
      for (const [side, end] of [["shipper", "origin"], ["consignee", "target"]]) {
        if (!wanted(row, end)) continue;
        const party = chipflow.partyOf(row, side);
        seen.set(party, (seen.get(party) || 0) + (records.units[row] || 0));
      }
    }
    const rows = [...seen].sort((a, b) => b[1] - a[1]).slice(0, 40);
    return rows.length ? [el("h3", {}, "Companies on these leads"), el("ul", {}, rows.map(([party, units]) => el("li", {}, companyLink(party), `, ${compact(units)} chips`)))] : null;
  }
  function flowTable(matches) {
    const pairs = new Map();
    flows.origin.forEach((origin, row) => {
      const target = flows.target[row];
      if (!matches(origin, target)) return;
      const key = origin + ">" + target;
      const pair = pairs.get(key) || { origin, target, units: 0, value: 0, shipments: 0 };
      pair.units += flows.units[row] || 0;
      pair.value += flows.value_usd[row] || 0;
      pair.shipments += flows.shipments[row];
      pairs.set(key, pair);
    });
    const rows = [...pairs.values()].sort((a, b) => b[data.measure === "value_usd" ? "value" : data.measure] - a[data.measure === "value_usd" ? "value" : data.measure]).slice(0, 25);
    if (!rows.length) return null;
    return [el("h3", {}, "All trade in these records"), el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "All trade" }, el("table", {},
      el("thead", {}, el("tr", {}, ["From", "To", "Shipments", "Chips", "Value"].map((name, i) => el("th", { scope: "col", class: i > 1 ? "num" : null }, name)))),
      el("tbody", {}, rows.map((pair) => el("tr", {}, el("td", {}, said(countries.name[pair.origin], 40)), el("td", {}, said(countries.name[pair.target], 40)), el("td", { class: "num" }, number(pair.shipments)), el("td", { class: "num" }, pair.units ? compact(pair.units) : "\u2014"), el("td", { class: "num" }, pair.value ? dollars(pair.value) : "\u2014"))))))];
  }
  function openCountry(place, from = null) {
    Object.assign(state, NOTHING_OPEN, { country: place });
    cameFrom = from ? `[data-country="${CSS.escape(countries.code[place])}"]` : null;
    const found = visible.filter((i) => placesOf[i].has(place));
    const total = countryTotals().find((one) => one.i === place) || { into: 0, out: 0 };
    show("Country", null, said(countries.name[place], 60),
      countries.known[place] ? null : el("p", { class: "lede" }, "These records name no country that could be placed, so they are drawn apart, in the ocean."),
      el("dl", { class: "facts-grid" }, fact("Comes in", compact(total.into)), fact("Goes out", compact(total.out)), fact("Measured in", COUNT ? "chips on leads" : data.measure_name)),
      found.length ? [leadLinks(found), companiesIn(found, (row, end) => records[end][row] === place), recordsHere(found, (row) => records.origin[row] === place || records.target[row] === place, countries.code[place])] : null,
      flowTable((origin, target) => origin === place || target === place));
    update();
  }
  function openCompany(company, from = null) {
    Object.assign(state, NOTHING_OPEN, { company });
    cameFrom = from ? `[data-company="${CSS.escape(string(companies.id[company]))}"]` : null;
    const found = visible.filter((i) => companiesOf[i].has(company));
    const mine = (row) => records.shipper_company[row] === company || records.consignee_company[row] === company;
    const total = companyTotals(found).find((one) => one.company === company) || { into: 0, out: 0, leads: new Set() };
    const others = string(companies.aliases[company]);
    show("Company", null, said(string(companies.name[company]), 120),
      el("p", { class: "lede" }, said(countryName(string(companies.country[company])), 60), " \u00b7 ", said(string(companies.role[company]), 60)),
      el("dl", { class: "facts-grid" }, fact("Chips in, on leads", compact(total.into)), fact("Chips out, on leads", compact(total.out)), fact("Leads shown", number(found.length))),
      el("p", { class: "takes" }, el("button", { type: "button", class: "take", "aria-pressed": String(state.firm === company), on: { click: () => { setFirm(state.firm === company ? null : company); openCompany(company); } } }, state.firm === company ? "Show all leads again" : "Show only its leads")),
      others ? [el("h3", {}, "Also written"), el("p", {}, said(others.replaceAll(" | ", ", "), 300))] : null,
      found.length ? [leadLinks(found), recordsHere(found, mine, string(companies.name[company]))] : el("p", { class: "muted" }, "No lead that is shown holds it."),
      el("p", { class: "note" }, "To be on a lead is a reason to ask, and no finding about the company."));
    update();
  }
  function openArc(arc) {
    if (arc.owner !== undefined && arc.owner !== state.lead) openLead(arc.owner);
    else openPair(arc.origin, arc.target);
  }
  function openPair(origin, target) {
    Object.assign(state, NOTHING_OPEN, { pair: [origin, target] });
    cameFrom = null;
    const rows = visible.flatMap((i) => arcsOf[i].filter((row) => inTime(row) && arcs.origin[row] === origin && arcs.target[row] === target));
    const found = [...new Set(rows.map((row) => arcs.lead[row]))];
    const units = rows.reduce((sum, row) => sum + (arcs.units[row] || 0), 0);
    const firsts = rows.map((row) => arcs.first[row]).filter((one) => one !== null);
    const lasts = rows.map((row) => arcs.last[row]).filter((one) => one !== null);
    const here = (row) => records.origin[row] === origin && records.target[row] === target;
    show(rows.length ? "Hops between countries" : "Flow between countries", null,
      [countries.name[origin], arrow(), countries.name[target]],
      rows.length ? el("dl", { class: "facts-grid" }, fact("Chips", compact(units)), fact("Leads", number(found.length)),
        firsts.length ? fact("Dates", period(firsts.reduce((a, b) => Math.min(a, b)), lasts.reduce((a, b) => Math.max(a, b)))) : null) : null,
      rows.length && rows.every((row) => arcs.inferred[row]) ? el("p", { class: "lede" }, "No record states this link; it is inferred from the hops before and after it.") : null,
      found.length ? [leadLinks(found), companiesIn(found, here), recordsHere(found, here, `${countries.code[origin]}-${countries.code[target]}`)] : null,
      flowTable((one, other) => one === origin && other === target));
    update();
  }

  // ---- time -------------------------------------------------------------------------------
  // The size of the bars is asked for when it may have changed: asking lays the page out.
  let bars = {};
  function measureBars() {
    const { clientWidth: width, clientHeight: height } = $("histogram");
    bars = { width, height, ratio: Math.min(window.devicePixelRatio || 1, 2.5) };
  }
  function drawHistogram() {
    if (!span) return;
    const canvas = $("histogram");
    const { width, height, ratio } = bars;
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const size = span[1] - span[0] + 1;
    const totals = new Float64Array(size);
    const add = (when, amount) => { if (when >= span[0] && when <= span[1]) totals[when - span[0]] += amount; };
    if (COUNT) for (const i of visible) for (const row of recordsOf[i]) { if (recordMonth[row] !== null) add(recordMonth[row], records.units[row] || 1); }
    else flows.month.forEach((when, row) => { if (when !== null) add(when, flows[data.measure][row] || 0); });
    const most = totals.reduce((a, b) => Math.max(a, b), 0) || 1;
    const ink = canvas.getContext("2d");
    ink.scale(ratio, ratio);
    const each = width / size;
    const [inside, outside] = [drawing.colours.accent, drawing.colours.line];
    totals.forEach((value, i) => {
      const tall = value ? Math.max(2, (value / most) * (height - 2)) : 0;
      ink.fillStyle = i + span[0] >= state.from && i + span[0] <= state.to ? inside : outside;
      ink.globalAlpha = i + span[0] >= state.from && i + span[0] <= state.to ? 0.75 : 1;
      ink.fillRect(i * each + each * 0.12, height - tall, Math.max(each * 0.76, 1), tall);
    });
  }
  // Months are chosen by drawing over the bars too; the sliders do the same from the keyboard.
  function brush() {
    const track = $("histogram");
    const monthAt = (event) => {
      const box = track.getBoundingClientRect();
      const part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.9999);
      return span[0] + Math.floor(part * (span[1] - span[0] + 1));
    };
    let start = null;
    const choose = (from, to) => {
      [state.from, state.to] = from <= to ? [from, to] : [to, from];
      showTime();
      update();
    };
    track.addEventListener("pointerdown", (event) => {
      stop();
      track.setPointerCapture(event.pointerId);
      start = monthAt(event);
      choose(start, start);
    });
    track.addEventListener("pointermove", (event) => {
      if (start === null) return;
      const now = monthAt(event);
      if (now !== state.from || now !== state.to) choose(start, now);
    });
    for (const name of ["pointerup", "pointercancel"]) track.addEventListener(name, () => { start = null; });
    track.addEventListener("dblclick", () => choose(...span));
  }
  function showTime() {
    if (!span) return;
    $("from").value = state.from;
    $("to").value = state.to;
    $("from").setAttribute("aria-valuetext", month(state.from));
    $("to").setAttribute("aria-valuetext", month(state.to));
    $("when").textContent = state.from === state.to ? month(state.from) : `${month(state.from)} \u2013 ${month(state.to)}`;
  }
  function stop() {
    clearInterval(playing);
    playing = null;
    $("play").textContent = "Play";
    $("play").setAttribute("aria-pressed", "false");
  }
  function play() {
    if (playing) return stop();
    if (state.to >= span[1]) state.to = state.from;
    $("play").textContent = "Pause";
    $("play").setAttribute("aria-pressed", "true");
    const tick = () => {
      showTime();
      update();
      if (state.to >= span[1]) stop();
      else state.to += 1;
    };
    playing = setInterval(tick, STEP);
    tick();
    return undefined;
  }

  // ---- the address: a view can be sent -------------------------------------------------------
  function addressOf() {
    const parts = new URLSearchParams();
    if (state.lead !== null) parts.set("lead", lead("id", state.lead));
    if (state.country !== null) parts.set("place", countries.code[state.country]);
    if (state.company !== null) parts.set("firm", string(companies.id[state.company]));
    if (state.pair !== null) parts.set("arc", state.pair.map((end) => countries.code[end]).join(">"));
    if (state.chip) parts.set("chip", state.chip);
    if (state.place) parts.set("country", state.place);
    if (state.q) parts.set("q", state.q);
    if (state.firm !== null) parts.set("company", string(companies.id[state.firm]));
    if (state.part !== null) parts.set("evidence", string(state.part));
    if (state.most !== null) parts.set("most", String(state.most));
    if (state.mark) parts.set("mark", state.mark);
    if (scale.by !== scale.usual) parts.set("colour", scale.by);
    if (state.flows !== (COUNT === 0)) parts.set("flows", state.flows ? "1" : "0");
    if (state.tab !== "leads") parts.set("list", state.tab);
    if (state.caption) parts.set("caption", state.caption);
    if (span && (state.from !== span[0] || state.to !== span[1])) parts.set("months", `${state.from - span[0]}-${state.to - span[0]}`);
    return parts.toString();
  }
  // Opening something is a step that the Back button takes back; a filter is none.
  const opened = () => JSON.stringify([state.lead, state.country, state.company, state.pair]);
  let lastOpened = opened();
  function remember() {
    if (playing) return;
    const hash = addressOf();
    if (hash === location.hash.slice(1)) return;
    const step = opened() !== lastOpened && !recalling;
    lastOpened = opened();
    try {
      if (step) history.pushState(null, "", "#" + hash);
      else history.replaceState(null, "", "#" + hash);
    } catch {
      // A page inside a notebook's frame has no address of its own.
    }
  }
  // What a link names and this page does not hold: made from other records, or an older run.
  function missing(parts) {
    const known = (select, value) => [...$(select).options].some((option) => option.value === value);
    const pair = (value) => value.split(">").every((code) => codePlace.has(code));
    const held = {
      lead: [(value) => idPlace.has(value), "lead"], place: [(value) => codePlace.has(value), "country"],
      firm: [(value) => idOfCompany.has(value), "company"], arc: [pair, "route"], chip: [(value) => known("chip", value), "chip"],
      country: [(value) => known("country", value), "country"], company: [(value) => idOfCompany.has(value), "company"],
      evidence: [(value) => evidence.part.some((part) => string(part) === value), "kind of evidence"],
    };
    return Object.entries(held).filter(([name, [holds]]) => parts.get(name) && !holds(parts.get(name))).map(([name, [, word]]) => [word, parts.get(name)]);
  }
  let recalling = false;
  function recall() {
    recalling = true;
    try {
      const lost = missing(new URLSearchParams(location.hash.slice(1)));
      recallAll();
      const box = $("stale");
      box.hidden = !lost.length;
      box.replaceChildren(...(lost.length ? [el("p", {}, "This link names ", lost.map(([word, value], i) => [i ? ", " : "", `${word} `, said(value, 60)]), ", which this page does not hold. It may have been made from other records or an earlier run; what is shown below leaves it out."),
        el("button", { type: "button", class: "quiet", on: { click: () => { box.hidden = true; } } }, "Close")] : []));
    } finally {
      recalling = false;
      lastOpened = opened();
    }
  }
  function recallAll() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const known = (select, value) => ([...select.options].some((option) => option.value === value) ? value : "");
    state.chip = known($("chip"), parts.get("chip") || "");
    state.place = known($("country"), parts.get("country") || "");
    state.q = (parts.get("q") || "").slice(0, 200);
    state.part = evidence.part.find((part) => string(part) === parts.get("evidence")) ?? null;
    state.most = scale.hasQ && known($("most"), parts.get("most") || "") ? Number(parts.get("most")) : null;
    state.flows = parts.has("flows") ? parts.get("flows") === "1" : COUNT === 0;
    scale.by = scale.offers(parts.get("colour")) ? parts.get("colour") : scale.usual;
    const months = /^(\d{1,5})-(\d{1,5})$/.exec(parts.get("months") || "");
    if (span) {
      const [first, last] = months ? [span[0] + Number(months[1]), span[0] + Number(months[2])] : span;
      [state.from, state.to] = first <= last && first <= span[1] ? [first, Math.min(last, span[1])] : span;
    }
    state.mark = known($("mark"), parts.get("mark") || "");
    $("mark").value = state.mark;
    $("chip").value = state.chip;
    $("country").value = state.place;
    $("search").value = state.q;
    state.caption = (parts.get("caption") || "").slice(0, 200);
    $("caption").value = state.caption;
    $("evidence").value = state.part === null ? "" : String(state.part);
    $("most").value = state.most === null ? "" : String(state.most);
    $("colour").value = scale.by;
    $("flows").checked = state.flows;
    setFirm(idOfCompany.get(parts.get("company")) ?? null, false);
    if (state.firm !== null || state.part !== null || state.most !== null || state.mark || state.caption) $("more-filters").open = true;
    showTime();
    showTab(TABS.includes(parts.get("list")) ? parts.get("list") : "leads");
    update();
    drawLegend();
    const wanted = idPlace.get(parts.get("lead"));
    const place = codePlace.get(parts.get("place"));
    const company = idOfCompany.get(parts.get("firm"));
    const pair = (parts.get("arc") || "").split(">").map((code) => codePlace.get(code));
    if (wanted !== undefined) openLead(wanted);
    else if (place !== undefined) openCountry(place);
    else if (company !== undefined) openCompany(company);
    else if (pair.length === 2 && !pair.includes(undefined)) openPair(...pair);
    else if (!$("dossier").hidden) closeDossier();
  }
  // The company that is filtered by is in the choice even when it is not among the busiest.
  function setFirm(company, draw = true) {
    state.firm = company;
    const select = $("company");
    if (company !== null && ![...select.options].some((option) => option.value === String(company))) {
      select.append(el("option", { value: company }, firmLabel(company)));
    }
    select.value = company === null ? "" : String(company);
    if (draw) filter({});
  }
  const firmLabel = (company) => (string(companies.name[company]) || "not named").replace(/[\p{C}\p{Z}]+/gu, " ").slice(0, 60);

  // ---- the pointer and the keys ---------------------------------------------------------------
  function listen() {
    const surface = $("arcs");
    const touches = new Map();
    let dragged = false;
    let pinch = null;
    const spot = (event) => {
      const box = surface.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    surface.addEventListener("pointerdown", (event) => {
      surface.setPointerCapture(event.pointerId);
      touches.set(event.pointerId, spot(event));
      dragged = touches.size > 1;
      pinch = touches.size === 2 ? distance() : null;
    });
    surface.addEventListener("pointermove", (event) => {
      const at = spot(event);
      const before = touches.get(event.pointerId);
      if (!before) return hover(at);
      const moved = [at[0] - before[0], at[1] - before[1]];
      if (!dragged && Math.hypot(...moved) < 4) return undefined;
      dragged = true;
      surface.classList.add("grabbing");
      touches.set(event.pointerId, at);
      if (touches.size === 2) {
        const now = distance();
        const [a, b] = [...touches.values()];
        if (pinch) drawing.zoomBy(now / pinch, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
        pinch = now;
      } else drawing.panBy(...moved);
      return undefined;
    });
    for (const name of ["pointerup", "pointercancel"]) {
      surface.addEventListener(name, (event) => {
        touches.delete(event.pointerId);
        surface.classList.remove("grabbing");
        if (name === "pointerup" && !dragged) click(spot(event), event.pointerType === "touch" ? 14 : 7);
        pinch = null;
      });
    }
    surface.addEventListener("pointerleave", () => hover(null));
    surface.addEventListener("wheel", (event) => {
      event.preventDefault();
      drawing.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...spot(event));
    }, { passive: false });
    surface.addEventListener("dblclick", (event) => drawing.zoomBy(1.8, ...spot(event)));
    surface.addEventListener("keydown", (event) => {
      const acts = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      if (acts[event.key]) drawing.panBy(...acts[event.key]);
      else if (event.key === "+" || event.key === "=") drawing.zoomBy(1.4);
      else if (event.key === "-") drawing.zoomBy(1 / 1.4);
      else if (event.key === "0") fit(true);
      else return;
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !$("dossier").hidden) closeDossier();
    });
    $("zoom-in").addEventListener("click", () => drawing.zoomBy(1.5));
    $("zoom-out").addEventListener("click", () => drawing.zoomBy(1 / 1.5));
    $("zoom-fit").addEventListener("click", () => {
      inset.wanted = true;
      fit(true);
    });
    $("turn").addEventListener("click", () => {
      drawing.setCentre(drawing.centre === 150 ? 11 : 150);
      inset.lens.setCentre(drawing.centre);
      fit(false);
    });
    $("filters").addEventListener("submit", (event) => event.preventDefault());
    $("search").addEventListener("input", () => filter({ q: $("search").value.slice(0, 200) }));
    $("chip").addEventListener("change", () => filter({ chip: $("chip").value }));
    $("country").addEventListener("change", () => filter({ place: $("country").value }));
    $("flows").addEventListener("change", () => { filter({ flows: $("flows").checked }); drawLegend(); });
    $("company").addEventListener("change", () => setFirm($("company").value === "" ? null : Number($("company").value)));
    $("evidence").addEventListener("change", () => filter({ part: $("evidence").value === "" ? null : Number($("evidence").value) }));
    $("most").addEventListener("change", () => filter({ most: $("most").value === "" ? null : Number($("most").value) }));
    $("mark").addEventListener("change", () => filter({ mark: $("mark").value }));
    $("marks-save").addEventListener("click", () => {
      chipflow.download("chipflow-marks.csv", "text/csv", marks.toCsv());
      marks.unsaved = false;
      sayMarks();
    });
    $("marks-file").addEventListener("change", async () => {
      const [file] = $("marks-file").files;
      if (!file) return;
      try {
        const read = marks.read(await file.text());
        update();
        if (state.lead !== null) openLead(state.lead);
        sayMarks(`${plural(read, "mark")} read.`);
      } catch (error) {
        sayMarks(`Not read. ${error.message}`);
      }
      $("marks-file").value = "";
    });
    $("colour").addEventListener("change", () => {
      scale.by = $("colour").value;
      update();
      drawLegend();
    });
    $("inset-close").addEventListener("click", () => {
      inset.wanted = false;
      fit(false);
    });
    $("east-asia").addEventListener("click", () => {
      inset.box = null;
      showInset();
      const all = placesShown();
      const there = all.filter((node) => inset.inside(node));
      drawing.clear = { right: 0, left: 0, bottom: 0 };
      drawing.handled = true;
      drawing.moveTo(drawing.fitted(there.length ? there : all, { points: true, most: 14 }), true);
    });
    $("caption").addEventListener("input", () => {
      state.caption = $("caption").value.slice(0, 200);
      remember();
    });
    $("picture").addEventListener("click", () => picture().toPng((blob) => chipflow.download("chipflow-map.png", "image/png", blob)));
    $("picture-svg").addEventListener("click", () => chipflow.download("chipflow-map.svg", "image/svg+xml", picture().toSvg()));
    $("embed").addEventListener("click", async () => {
      const done = await chipflow.copy(embedCode());
      $("embed-said").textContent = done ? "The code to embed this view is copied." : "The code could not be copied.";
    });
    $("filters").addEventListener("reset", () => {
      setTimeout(() => {
        $("flows").checked = COUNT === 0;
        filter({ ...NO_FILTER, flows: COUNT === 0, from: span?.[0], to: span?.[1] });
        drawLegend();
        showTime();
      });
    });
    for (const name of TABS) {
      $("tab-" + name).addEventListener("click", () => openTab(name));
      $("tab-" + name).addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = TABS[(TABS.indexOf(name) + (event.key === "ArrowRight" ? 1 : TABS.length - 1)) % TABS.length];
        openTab(other);
        $("tab-" + other).focus();
      });
    }
    if (span) {
      for (const end of ["from", "to"]) {
        $(end).min = span[0];
        $(end).max = span[1];
        $(end).addEventListener("input", () => {
          stop();
          state[end] = Number($(end).value);
          if (state.from > state.to) state[end === "from" ? "to" : "from"] = state[end];
          showTime();
          update();
        });
      }
      $("play").addEventListener("click", play);
      brush();
    }
    $("time").hidden = !span || span[0] === span[1];

    function distance() {
      const [a, b] = [...touches.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    }
    const lens = $("inset-arcs");
    const within = (event) => {
      const box = lens.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    lens.addEventListener("pointermove", (event) => showTip(inset.lens.under(...within(event)), spot(event)));
    lens.addEventListener("pointerleave", () => showTip(null));
    lens.addEventListener("click", (event) => open(inset.lens.under(...within(event), 9)));

    function hover(at) {
      const found = at && drawing.under(...at);
      const arc = found?.arc || null;
      if (drawing.hovered !== arc) {
        if (drawing.hovered) drawing.hovered.hovered = false;
        if (arc) arc.hovered = true;
        drawing.hovered = arc;
        drawing.request();
      }
      surface.classList.toggle("pointing", Boolean(found));
      showTip(found, at);
    }
    function showTip(found, at) {
      const tip = $("tip");
      tip.hidden = !found;
      if (!found) return;
      tip.replaceChildren(...tipText(found));
      const right = at[0] > drawing.width - 280;
      tip.style.left = right ? "auto" : `${at[0] + 14}px`;
      tip.style.right = right ? `${drawing.width - at[0] + 14}px` : "auto";
      tip.style.top = `${Math.min(at[1] + 14, drawing.height - 70)}px`;
    }
    function click(at, reach) {
      open(drawing.under(...at, reach));
    }
    function open(found) {
      $("tip").hidden = true;
      if (!found) return;
      if (found.place !== undefined) openCountry(found.place);
      else openArc(found.arc);
    }
  }
  // "Penang > Shanghai" as the records have it, where any of them names a port.
  function portWords(rows) {
    const named = (field) => [...new Set(rows.map((row) => string(records[field][row])).filter(Boolean))];
    const [out, into] = [named("export_port"), named("import_port")];
    if (!out.length && !into.length) return null;
    const list = (names) => (names.length ? [names.slice(0, 3).map((name, i) => [i ? ", " : "", said(name, 60)]), names.length > 3 ? ` and ${names.length - 3} more` : ""] : "port not named");
    return [list(out), arrow(), list(into)];
  }
  const recordsOnArc = (row) => recordsOf[arcs.lead[row]].filter((one) => records.hop[one] === arcs.hop[row] && records.origin[one] === arcs.origin[row] && records.target[one] === arcs.target[row] && records.from_port[one] === arcs.from_port[row] && records.to_port[one] === arcs.to_port[row]);
  function tipText({ place, port, arc }) {
    if (port !== undefined) return [el("strong", {}, said(ports.name[port], 60), ", ", said(countries.name[place], 60)), `${ports.code[port].length === 3 ? "Airport" : "Port"} ${ports.code[port]}. Click for the country's leads and companies`];
    if (place !== undefined) return [el("strong", {}, said(countries.name[place], 60)), "Click for its leads and companies"];
    const title = el("strong", {}, countries.name[arc.origin], " \u2192 ", countries.name[arc.target]);
    if (arc.background) return [title, `${compact(arc.amount)} ${data.measure_name}, ${plural(arc.shipments, "shipment")}`];
    const what = arc.units ? `${compact(arc.units)} chips` : "number of chips not known";
    if (arc.owner === undefined) return [title, `${what}, ${plural(new Set(arc.owners).size, "lead")}`];
    const through = arc.dashed ? null : portWords(recordsOnArc(arc.row));
    return [title, ...(through ? [el("span", { class: "ports" }, through)] : []), `Lead ${number(leads.rank[arc.owner])}, ${arc.dashed ? "inferred link" : "hop " + Math.floor(arcs.hop[arc.row])}: ${what}, ${period(arcs.first[arc.row], arcs.last[arc.row])}`];
  }
  function filter(changes) {
    stop();
    Object.assign(state, changes, { page: 1 });
    update();
  }
  function openTab(name) {
    state.page = 1;
    showTab(name);
    drawList();
    remember();
  }
  function showTab(name) {
    state.tab = name;
    for (const one of TABS) {
      $("tab-" + one).setAttribute("aria-selected", String(one === name));
      $("tab-" + one).tabIndex = one === name ? 0 : -1;
    }
    $("list").setAttribute("aria-labelledby", "tab-" + name);
  }

  // ---- the legend -------------------------------------------------------------------------
  const legendOf = (shown) => chipflow.legend(shown, { leads: COUNT > 0, ports: ports.code.length > 0, unplaced: countries.known.includes(false), flows: !COUNT || state.flows, measure: data.measure_name });
  function drawLegend() {
    const body = $("legend-body");
    const words = scale.words();
    body.replaceChildren();
    $("colour-field").hidden = !COUNT;
    if (COUNT) {
      body.append(el("div", { class: "block", id: "colours", title: words.hint }, el("span", {}, words.title),
        el("div", { class: "scale num" }, words.steps.map(([name, text]) => el("span", {}, el("i", { style: { background: colourNamed(name) } }), text)))));
    }
    for (const [text, draw] of legendOf(drawing)) {
      const canvas = el("canvas", { width: 2 * chipflow.SIGN.width, height: 2 * chipflow.SIGN.height, "aria-hidden": "true" });
      const ink = canvas.getContext("2d");
      ink.scale(2, 2);
      draw(ink);
      body.append(el("div", { class: "row" }, canvas, el("span", {}, text)));
    }
    body.append(el("div", { class: "block muted", id: "joined", hidden: true }));
    if (data.left_out.flows && (!COUNT || state.flows)) body.append(el("div", { class: "block muted" }, `Of all trade the page keeps the largest flows; ${number(data.left_out.flows)} smaller ones are left out.`));
    noteJoined();
  }

  // ---- pictures and code to take away ---------------------------------------------------------
  // What is seen, drawn again at the size of a page: the part of the world that was chosen by hand,
  // else all routes.
  function picture() {
    const canvas = () => document.createElement("canvas");
    const make = () => new chipflow.Drawing(null, canvas(), canvas(), shapes, countries, ports, drawing.centre);
    const map = make();
    const { Picture, Inset } = chipflow;
    map.setSize(Picture.WIDTH, Picture.MAP, 1);
    map.setArcs(drawing.arcs.map((arc) => ({ ...arc, points: null, hovered: false })), drawing.touched, drawing.goal);
    const own = new Inset(map, make());
    if (drawing.handled) {
      const k = (drawing.view.k * drawing.projection.scale() * map.width) / (map.projection.scale() * drawing.width);
      const middle = drawing.projection.invert([(drawing.width / 2 - drawing.view.x) / drawing.view.k, (drawing.height / 2 - drawing.view.y) / drawing.view.k]);
      const [x, y] = map.projection(middle);
      map.view = { k, x: map.width / 2 - x * k, y: map.height / 2 - y * k };
    } else {
      own.wanted = inset.wanted;
      map.view = own.arrange(placesShown());
      map.keepInside(map.view);
      if (own.box) {
        own.lens.setSize(own.box.width, own.box.height, 1);
        own.show();
      }
    }
    const { source, asked } = data;
    const kept = [state.chip, state.place && countries.name[codePlace.get(state.place)], state.firm !== null && string(companies.name[state.firm]), state.q && `\u201c${state.q}\u201d`, span && (state.from !== span[0] || state.to !== span[1]) ? `${month(state.from)} \u2013 ${month(state.to)}` : ""].filter(Boolean);
    const one = state.lead;
    const files = source.files.length ? `${source.files.slice(0, 4).join(", ")}${source.files.length > 4 ? ` and ${number(source.files.length - 4)} more files` : ""}` : "records given to chipflow";
    return new Picture(map, own, {
      simulated: data.simulated,
      title: one !== null ? `Lead ${number(leads.rank[one])}: ${(lead("countries", one) || "").split(" > ").map((stop) => stop.split(" | ").map((code) => countries.name[codePlace.get(code)] || code).join(", ")).join(" \u2192 ")}` : `Routes of controlled chips towards ${asked.destination_names.join(", ") || "no destination"}`,
      subtitle: one !== null ? lead("sentence", one) : `${plural(visible.length, "lead")}${kept.length ? `, shown for ${kept.join(", ")}` : ""}`,
      caption: state.caption,
      question: COUNT ? "A lead is a question to ask, and no finding about any company." : "Ordinary trade between countries; no lead was found in these records.",
      scale: COUNT ? scale.words() : null, signs: legendOf(map),
      sources: [`Source: ${files}; ${plural(data.counts.used, "record")}${source.first === null ? "" : `, ${day(source.first)} to ${day(source.last)}`}. Records may be incomplete and show no licences.`,
        `Made with chipflow ${source.version} on ${day(Math.floor(Date.now() / 864e5))}. Outlines: Natural Earth.`],
    });
  }
  // A page that embeds the map has to lie beside the file of the map.
  function embedCode() {
    const file = location.protocol === "about:" ? "map.html" : location.pathname.split("/").pop() || "map.html";
    // Never put into this page: it only writes itself, with what it is given escaped.
    const frame = document.createElement("iframe");
    const parts = {
      src: `${file}#${addressOf()}`, title: "Map of routes of controlled chips. A lead is a question, and no finding.",
      width: "100%", height: "640", frameborder: "0", sandbox: "allow-scripts allow-downloads", loading: "lazy",
    };
    for (const [name, value] of Object.entries(parts)) frame.setAttribute(name, value);
    return frame.outerHTML;
  }

  // ---- begin ------------------------------------------------------------------------------
  function begin() {
    shapes = chipflow.shapesOf(data.world, countries.code);
    drawing = new chipflow.Drawing($("map"), $("world"), $("arcs"), shapes, countries, ports, data.centre);
    inset = new chipflow.Inset(drawing, new chipflow.Drawing($("inset"), $("inset-world"), $("inset-arcs"), shapes, countries, ports, data.centre));
    drawing.rested = rested;
    chipflow.drawings = { map: drawing, inset };
    for (const kind of chipflow.Scale.KINDS) if (!scale.offers(kind)) $("colour").querySelector(`[value=${kind}]`).remove();
    const chips = [...new Set(data.chips.chip.map(string))].sort();
    $("chip").append(el("option", { value: "" }, "all"), ...chips.map((chip) => el("option", { value: chip }, chip.slice(0, 60))));
    const used = [...new Set(COUNT ? arcs.origin.concat(arcs.target) : flows.origin.concat(flows.target))];
    used.sort((a, b) => countries.name[a].localeCompare(countries.name[b], "en"));
    $("country").append(el("option", { value: "" }, "all"), ...used.map((i) => el("option", { value: countries.code[i] }, countries.name[i])));
    const parts = [...new Set(evidence.part.map((part, row) => `${evidence.innocent[row] ? 1 : 0}:${part}`))].map((one) => one.split(":").map(Number));
    const group = (label, innocent) => {
      const own = parts.filter(([kind]) => kind === innocent).map(([, part]) => part);
      own.sort((a, b) => string(a).localeCompare(string(b), "en"));
      return own.length ? el("optgroup", { label }, own.map((part) => el("option", { value: part }, string(part).replaceAll("_", " ")))) : null;
    };
    $("evidence").append(...[el("option", { value: "" }, "any"), group("Reasons", 0), group("Innocent explanations", 1)].filter(Boolean));
    $("most").append(el("option", { value: "" }, scale.hasQ ? "any" : "not computed"), ...(scale.hasQ ? chipflow.Scale.Q_STEPS.map((q) => el("option", { value: q }, `at most ${q}`)) : []));
    $("most").disabled = !scale.hasQ;
    const busiest = companyTotals(leads.id.map((_, i) => i)).slice(0, MOST_FIRMS).map((one) => one.company);
    const labels = new Map(busiest.map((company) => [company, firmLabel(company)]));
    busiest.sort((a, b) => labels.get(a).localeCompare(labels.get(b), "en"));
    $("company").append(el("option", { value: "" }, "all"), ...busiest.map((company) => el("option", { value: company }, labels.get(company))));
    $("flows").checked = state.flows;
    $("flows-label").textContent = COUNT ? "All trade in these records behind the routes" : "Largest flows in these records";
    const { counts, asked } = data;
    $("summary").textContent = `${COUNT + data.left_out.leads ? plural(counts.leads, "lead") : "No lead"} towards ${asked.destination_names.join(", ") || "no destination"}, from ${plural(counts.used, "record")} of ${plural(counts.companies, "company", "companies")}.`;
    if (data.reading.unread.length) {
      $("unread").hidden = false;
      $("unread").querySelector("summary").textContent = `${plural(data.reading.cells_unread, "cell was", "cells were")} not read`;
      $("unread").querySelector("ul").replaceChildren(...data.reading.unread.map((one) => el("li", {}, said(one, 400))));
    }
    if ($("map").clientWidth < 760) $("legend").open = false;
    drawing.resize();
    measureControls();
    sayMarks();
    listen();
    measureBars();
    recall();
    if (state.lead === null) fit();
    new ResizeObserver(() => {
      if (!drawing.resize()) return;
      measureControls();
      fit();
      measureBars();
      drawHistogram();
    }).observe($("map"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    window.addEventListener("popstate", recall);
    // Paper is white: the map is drawn again in the colours of paper, and back after.
    matchMedia("print").addEventListener("change", repaint);
    window.addEventListener("beforeprint", repaint);
    // Ready means drawn: the first picture was asked for before this.
    requestAnimationFrame(() => { document.documentElement.dataset.ready = "true"; });
  }
  // No name is written under the buttons.
  function measureControls() {
    const [all, own] = [$("map"), document.querySelector(".zoom")].map((one) => one.getBoundingClientRect());
    drawing.controls = [[own.left - all.left - 4, own.top - all.top - 4, own.right - all.left + 4, own.bottom - all.top + 4]];
    drawing.obstacles = drawing.controls;
  }
  function repaint() {
    shades.clear();
    inks.clear();
    drawing.resize();
    measureBars();
    drawing.readColours();
    inset.lens.readColours();
    update();
    drawLegend();
    fit();
    drawing.draw();
    if (inset.box) inset.lens.draw();
  }
  begin();
})();
