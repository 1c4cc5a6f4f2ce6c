// The network page: vis-network with a layout that was computed before, a list, and a panel.
"use strict";
(() => {
  const { data, el, said, number, plural, colour, day } = chipflow;
  const $ = (id) => document.getElementById(id);
  const MOST_LISTED = 300;
  const MOST_PINS = 40; // kept in the address
  const MOST_NAMED = 150; // marks in sight, with more only those on leads are named from afar
  const LETTERS = 12; // pixels of a name on the screen
  const COUNTRY_LETTERS = 14;
  const everything = [...data.nodes, ...data.reserve.nodes];
  const byId = new Map(everything.map((node) => [node.id, node]));
  const companies = everything.filter((node) => node.kind === "company");
  const allEdges = [...data.edges, ...data.reserve.edges];
  const drawnAlways = new Set(data.nodes.map((node) => node.id));
  const edgesOf = new Map(everything.map((node) => [node.id, []]));
  for (const edge of allEdges) for (const end of new Set([edge.from, edge.to])) edgesOf.get(end).push(edge);
  const words = new Map(companies.map((node) => [node.id, chipflow.fold(`${node.name} ${node.aliases} ${node.country}`)]));
  const leadPlace = new Map(data.leads.map((lead, place) => [lead.id, place]));
  const state = { q: "", lead: "", country: "", size: "", colour: "role", chosen: null, from: null, to: null };
  const home = new Map(); // where the layout puts a mark
  const pins = new Map(); // where the reader has put it
  // Many lines on top of each other stay readable when each is fainter.
  const onLeads = data.edges.filter((edge) => edge.leads.length).length;
  const strength = Math.max(0.35, Math.min(0.95, 150 / Math.max(onLeads, 1)));
  const quiet = Math.max(0.07, Math.min(0.45, 60 / Math.max(data.edges.length - onLeads, 1)));
  let nodes;
  let edges;
  let network;
  let asking = false; // for the second company of a path
  let way = null; // edges of the path
  let lit = new Set();
  let forced = new Set(); // companies whose names are always written
  let written = [];

  // A large picture is seen from afar: what leads the eye grows with it.
  const reach = (axis) => Math.max(...data.nodes.map((node) => node[axis]), 0) - Math.min(...data.nodes.map((node) => node[axis]), 0);
  const afar = Math.min(Math.max(1, reach("x") / 1000, reach("y") / 700), 4.5);

  // ---- size and colour --------------------------------------------------------------------
  const largest = Object.fromEntries(Object.keys(data.measures).map((name) => [name, companies.reduce((most, node) => Math.max(most, node.measures[name] || 0), 0)]));
  const ranked = Object.fromEntries(Object.keys(data.measures).map((name) => [name, companies.map((node) => node.measures[name] || 0).filter((one) => one > 0).sort((a, b) => a - b)]));
  const sizeOf = (node) => {
    if (node.kind === "country") return 9;
    const plain = node.on_lead ? Math.sqrt(afar) : 1;
    if (!state.size) return node.size * plain;
    return (7 + 15 * Math.sqrt((node.measures[state.size] || 0) / (largest[state.size] || 1))) * plain;
  };
  // Five steps with about equally many companies; none where the measure is nought.
  function stepOf(node) {
    const value = node.measures[state.colour] || 0;
    const all = ranked[state.colour];
    if (!value || !all.length) return null;
    return Math.min(4, Math.floor((5 * all.findIndex((one) => one >= value)) / all.length));
  }
  function shade(node) {
    if (node.kind === "country") return colour("muted");
    if (state.colour === "role") return colour("role-" + node.group);
    const step = stepOf(node);
    return step === null ? colour("role-other") : colour("evidence-" + step);
  }
  // Faded marks keep their place, so that the picture does not jump when a filter changes.
  function nodeLook(node, bright) {
    const fill = shade(node);
    return {
      id: node.id, size: sizeOf(node), title: node.title, shape: node.kind === "country" ? "square" : "dot",
      color: { background: fill, border: colour("panel"), highlight: { background: fill, border: colour("ink") }, hover: { background: fill, border: colour("ink") } },
      borderWidth: 1.5, borderWidthSelected: 3, opacity: bright ? 1 : 0.14,
    };
  }
  const keyOf = (edge) => `${edge.from}>${edge.to}:${edge.kind}`;
  function edgeLook(edge, bright) {
    const mine = way?.includes(edge);
    const tone = mine ? colour("focus") : edge.leads.length ? colour("accent") : colour("flow");
    return { id: keyOf(edge), from: edge.from, to: edge.to, title: edge.title, width: mine ? Math.max(edge.width, 4) : edge.width, dashes: edge.dashes, arrows: { to: { enabled: true, scaleFactor: 0.6 } }, color: { color: tone, highlight: tone, hover: colour("ink"), opacity: bright ? (mine ? 1 : edge.leads.length ? strength : state.chosen ? 0.45 : quiet) : 0.06 }, arrowStrikethrough: false };
  }
  // A quiet disc holds what belongs to one country together.
  function discs(ink) {
    ink.fillStyle = colour("soft");
    for (const node of data.nodes) {
      if (node.kind !== "country") continue;
      ink.beginPath();
      ink.arc(node.x, node.y, node.reach - 8, 0, 7);
      ink.fill();
    }
  }

  // ---- names: those that matter most first, none over another ---------------------------------
  function names(ink) {
    const scale = network.getScale();
    const { clientWidth: width, clientHeight: height } = $("drawing");
    const corner = network.DOMtoCanvas({ x: 0, y: 0 });
    const places = network.getPositions();
    const screen = (id) => [(places[id].x - corner.x) * scale, (places[id].y - corner.y) * scale];
    const here = nodes.getIds().map((id) => byId.get(id)).filter((node) => lit.has(node.id) && places[node.id]);
    const rank = (node) => (node.id === state.chosen ? 0 : forced.has(node.id) ? 1 : node.kind === "country" ? 2 : node.on_lead ? 3 : 4);
    here.sort((a, b) => rank(a) - rank(b) || sizeOf(b) - sizeOf(a) || (a.id < b.id ? -1 : 1));
    const taken = []; // by names
    const marks = [];
    for (const node of here) {
      const [x, y] = screen(node.id);
      const r = Math.max(sizeOf(node) * scale, 2);
      if (node.kind === "company" && rank(node) < 4) marks.push([x - r, y - r, x + r, y + r]);
    }
    written = [];
    ink.textBaseline = "middle";
    ink.lineJoin = "round";
    for (const node of here) {
      const [x, y] = screen(node.id);
      if (x < -60 || y < -20 || x > width + 60 || y > height + 20) continue;
      // Seen from afar, companies on no lead would fill the picture with names.
      if (rank(node) === 4 && here.length > MOST_NAMED && scale < 0.8) continue;
      const must = rank(node) < 2;
      const land = node.kind === "country";
      const size = land ? COUNTRY_LETTERS : LETTERS;
      ink.font = `${land || must ? 600 : 400} ${size / scale}px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif`;
      const text = must && !land ? chipflow.oneLine(node.name, 34) : node.label;
      const wide = ink.measureText(text).width * scale;
      const r = Math.max(sizeOf(node) * scale, 2) + 4;
      // Names that have to be written may stand further off, with a line to their mark.
      const rounds = must ? [0, 18, 36, 56, 80, 110, 145] : [0];
      const spots = rounds.flatMap((far) => [
        [x - wide / 2, y + r + far + size / 2], [x - wide / 2, y - r - far - size / 2], [x + r + far, y], [x - r - far - wide, y],
        [x + r + 0.7 * far, y + r + 0.7 * far], [x + r + 0.7 * far, y - r - 0.7 * far], [x - r - 0.7 * far - wide, y + r + 0.7 * far], [x - r - 0.7 * far - wide, y - r - 0.7 * far],
      ]);
      const box = ([left, middle]) => [left - 2, middle - size * 0.62, left + wide + 2, middle + size * 0.62];
      const off = (one, boxes) => !boxes.some((other) => other[0] < one[2] && other[2] > one[0] && other[1] < one[3] && other[3] > one[1]);
      const free = (one) => off(one, taken) && off(one, marks);
      const inside = (one) => one[0] > 0 && one[1] > 0 && one[2] < width && one[3] < height;
      // Countries and companies that are asked about are named over marks, if need be, never over names.
      const spot = spots.find((one) => inside(box(one)) && free(box(one))) || ((must || land) && spots.find((one) => off(box(one), taken)));
      if (!spot) continue;
      const [left, middle] = spot;
      taken.push(box(spot));
      written.push({ id: node.id, text, box: box(spot) });
      const at = (px, py) => [px / scale + corner.x, py / scale + corner.y];
      if (Math.hypot(Math.max(left - x, x - left - wide, 0), middle - y) > r + size) {
        ink.strokeStyle = colour("muted");
        ink.lineWidth = 0.8 / scale;
        ink.beginPath();
        ink.moveTo(...at(x, y));
        ink.lineTo(...at(Math.min(Math.max(x, left), left + wide), middle));
        ink.stroke();
      }
      ink.textAlign = "left";
      ink.strokeStyle = colour("page");
      ink.lineWidth = 3.5 / scale;
      ink.strokeText(text, ...at(left, middle));
      ink.fillStyle = colour("ink");
      ink.fillText(text, ...at(left, middle));
    }
    for (const id of pins.keys()) {
      if (!places[id]) continue;
      ink.fillStyle = colour("ink");
      ink.beginPath();
      ink.arc(places[id].x, places[id].y, 2.5 / scale, 0, 7);
      ink.fill();
    }
  }

  // ---- what is shown ----------------------------------------------------------------------
  const leadOf = () => (state.lead ? leadPlace.get(state.lead) : undefined);
  function litNodes() {
    const found = new Set();
    const place = leadOf();
    const touching = place === undefined ? null : new Set(allEdges.filter((edge) => edge.leads.includes(place)).flatMap((edge) => [edge.from, edge.to]));
    for (const node of companies) {
      if (touching && !touching.has(node.id)) continue;
      if (state.country && node.country !== state.country) continue;
      if (state.q && !chipflow.fold(state.q).split(/\s+/).every((word) => words.get(node.id).includes(word))) continue;
      found.add(node.id);
    }
    return found;
  }
  // Companies in reserve come in when they are asked for, near their country, and go after.
  function bring(wanted) {
    for (const id of nodes.getIds()) if (!drawnAlways.has(id) && !wanted.has(id)) nodes.remove(id);
    const here = new Map(nodes.get().map((node) => [node.id, [node.x, node.y]]));
    for (const id of wanted) {
      if (here.has(id)) continue;
      const node = byId.get(id);
      const [x, y] = pins.get(id) || (node.kind === "country" ? [node.x, node.y] : freeSpot(here, byId.get(node.country_id)));
      here.set(id, [x, y]);
      home.set(id, [x, y]);
      nodes.add({ ...nodeLook(node, true), x, y });
    }
    const wantedEdges = new Map(allEdges.filter((edge) => here.has(edge.from) && here.has(edge.to)).map((edge) => [keyOf(edge), edge]));
    edges.remove(edges.getIds().filter((id) => !wantedEdges.has(id)));
    edges.update([...wantedEdges.values()].filter((edge) => !edges.get(keyOf(edge))).map((edge) => edgeLook(edge, true)));
  }
  // The nearest spot around a country where no mark is: points of a spiral, evenly spread (Vogel).
  function freeSpot(here, country) {
    const taken = [...here.values()];
    const space = 52 * Math.sqrt(afar);
    for (let step = 1; step < 4000; step++) {
      const [r, turn] = [18 * Math.sqrt(step), step * 2.39996];
      const spot = [country.x + r * Math.cos(turn), country.y + r * Math.sin(turn)];
      if (taken.every(([x, y]) => Math.hypot(x - spot[0], y - spot[1]) > space)) return spot.map(Math.round);
    }
    return [country.x, country.y];
  }

  // ---- the address --------------------------------------------------------------------------
  // A view can be sent: what is filtered, chosen and moved stands in the address.
  function remember(step = false) {
    const parts = new URLSearchParams();
    for (const name of ["chosen", "lead", "country", "q", "size", "from", "to"]) if (state[name]) parts.set(name, state[name]);
    if (state.colour !== "role") parts.set("colour", state.colour);
    if (pins.size) parts.set("pins", [...pins].slice(0, MOST_PINS).map(([id, [x, y]]) => `${id}~${Math.round(x)}~${Math.round(y)}`).join("!"));
    if (parts.toString() === location.hash.slice(1)) return;
    try {
      history[step ? "pushState" : "replaceState"](null, "", "#" + parts);
    } catch {
      // A page inside a notebook's frame has no address of its own.
    }
  }
  function recall() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const known = (select, value) => ([...select.options].some((option) => option.value === value) ? value : "");
    Object.assign(state, { q: (parts.get("q") || "").slice(0, 200), lead: known($("lead"), parts.get("lead") || ""), country: known($("country"), parts.get("country") || ""), size: known($("size"), parts.get("size") || ""), colour: known($("colour"), parts.get("colour") || "") || "role" });
    for (const [id, value] of [["search", state.q], ["lead", state.lead], ["country", state.country], ["size", state.size], ["colour", state.colour]]) $(id).value = value;
    for (const one of (parts.get("pins") || "").split("!").slice(0, MOST_PINS)) {
      const [id, x, y] = one.split("~");
      if (byId.has(id) && Number.isFinite(Number(x)) && Number.isFinite(Number(y))) pins.set(id, [Number(x), Number(y)]);
    }
    for (const [id, [x, y]] of pins) if (drawnAlways.has(id)) nodes.update({ id, x, y });
    const lost = [["lead", "lead", parts.get("lead") && !state.lead], ["chosen", "company", parts.get("chosen") && !byId.has(parts.get("chosen"))]].filter(([, , gone]) => gone);
    ask(lost.length ? `This link names ${lost.map(([name, word]) => `${word} ${chipflow.oneLine(parts.get(name), 60)}`).join(", ")}, which this page does not hold. It may have been made from other records.` : "");
    const [from, to] = [parts.get("from"), parts.get("to")];
    const chosen = parts.get("chosen");
    if (byId.has(from) && byId.has(to)) showPath(from, to);
    else if (byId.has(chosen)) choose(chosen, true);
    else close();
    if (state.lead) show(lit);
    legend();
  }
  function ask(text) {
    $("asking").hidden = !text;
    $("asking").textContent = text;
  }
  const show = (ids) => requestAnimationFrame(() => network.fit({ nodes: [...ids].filter((id) => nodes.get(id)), maxZoomLevel: 1.2, animation: false }));

  function update(step = false) {
    remember(step);
    const filtered = Boolean(state.q || state.lead || state.country);
    const found = litNodes();
    list(found);
    const around = new Set(filtered ? found : drawnAlways);
    if (state.chosen) {
      around.clear();
      around.add(state.chosen);
      for (const node of companies) if (node.country_id === state.chosen && (drawnAlways.has(node.id) || found.size < 60)) around.add(node.id);
      for (const edge of edgesOf.get(state.chosen)) around.add(edge.from).add(edge.to);
    }
    if (way) {
      around.clear();
      for (const edge of way) around.add(edge.from).add(edge.to);
    }
    const wanted = new Set();
    // A search that finds very many names does not call all of them in.
    const call = state.lead || state.chosen || way || found.size <= 60;
    for (const id of around) if (drawnAlways.has(id) || call) wanted.add(id);
    for (const id of [...wanted]) if (byId.get(id).country_id) wanted.add(byId.get(id).country_id);
    bring(wanted);
    lit = new Set([...wanted]);
    forced = new Set(state.lead || way ? [...wanted].filter((id) => byId.get(id).kind === "company") : []);
    if (state.chosen) forced = new Set([state.chosen, ...(state.lead ? found : [])].filter((id) => wanted.has(id)));
    const all = !filtered && !state.chosen && !way;
    const place = leadOf();
    nodes.update(nodes.getIds().map((id) => nodeLook(byId.get(id), all || lit.has(id))));
    edges.update(edges.getIds().map((id) => {
      const edge = edgeByKey.get(id);
      const mine = way ? way.includes(edge) : state.chosen ? edge.from === state.chosen || edge.to === state.chosen : place !== undefined ? edge.leads.includes(place) : true;
      return edgeLook(edge, all || (lit.has(edge.from) && lit.has(edge.to) && mine));
    }));
    $("unpin").hidden = !pins.size;
  }
  const edgeByKey = new Map(allEdges.map((edge) => [keyOf(edge), edge]));
  function list(found) {
    const rows = companies.filter((node) => found.has(node.id)).sort((a, b) => b.on_lead - a.on_lead || b.named - a.named || b.size - a.size || (a.name < b.name ? -1 : 1));
    $("status").textContent = `${number(rows.length)} of ${plural(companies.length, "company", "companies")}`;
    $("list").replaceChildren(el("ul", {}, rows.slice(0, MOST_LISTED).map((node) => el("li", {}, el("button", { type: "button", class: "item", "data-id": node.id, "aria-pressed": String(node.id === state.chosen), on: { click: () => pick(node.id) } },
      el("span", { class: "dot", style: { background: shade(node) } }), said(node.name, 70), el("span", { class: "muted" }, said(node.country, 40), " \u00b7 ", said(node.role, 40)))))));
    if (rows.length > MOST_LISTED) $("list").append(el("p", { class: "more muted" }, `and ${number(rows.length - MOST_LISTED)} more; search to find them.`));
  }
  const link = (id) => el("button", { type: "button", class: "link", on: { click: () => choose(id, true) } }, said(byId.get(id).name, 70));
  const what = (edge) => (edge.kind === "inferred" ? ", inferred, no record states it" : [`, ${edge.units ? number(edge.units) + " chips, " : ""}${plural(edge.shipments, "shipment")}`, edge.goods ? [" of ", said(edge.goods, 80)] : null]);
  function panel(...parts) {
    $("dossier").replaceChildren(el("button", { type: "button", class: "close", "aria-label": "Close", on: { click: close } }, "\u00d7"), ...parts.flat(Infinity).filter(Boolean));
    $("dossier").hidden = false;
    document.querySelector(".app").classList.add("open");
    $("title").focus({ preventScroll: true });
  }
  // A click chooses, or gives the second company of a path where that was asked for.
  function pick(id, move = true) {
    if (asking && byId.get(id)?.kind === "company" && id !== state.chosen) return showPath(state.chosen, id, true);
    return choose(id, move);
  }
  function choose(id, move = false) {
    const node = byId.get(id);
    if (!node) return close();
    const step = state.chosen !== id;
    Object.assign(state, { chosen: id, from: null, to: null });
    [way, asking] = [null, false];
    ask("");
    const of = (end, other) => edgesOf.get(id).filter((edge) => edge[end] === id).sort((a, b) => b.width - a.width).slice(0, 40).map((edge) => el("li", {}, link(edge[other]), what(edge)));
    const leads = [...new Set(edgesOf.get(id).flatMap((edge) => edge.leads))].sort((a, b) => a - b);
    const section = (title, rows) => (rows.length ? [el("h3", {}, title), el("ul", {}, rows)] : null);
    const inside = companies.filter((one) => one.country_id === id).slice(0, MOST_LISTED).map((one) => el("li", {}, link(one.id)));
    const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
    const company = node.kind === "company";
    panel(
      el("h2", { tabindex: "-1", id: "title" }, said(node.name, 120)),
      company ? el("p", { class: "muted" }, said(node.country, 60), " \u00b7 ", said(node.role, 60)) : el("p", { class: "muted" }, "Country"),
      company ? el("dl", {}, fact("Chips in", number(node.amounts.units_in)), fact("Chips out", number(node.amounts.units_out)), fact("Passed on towards the destination", number(node.amounts.throughput)), fact("Betweenness", (node.measures.betweenness || 0).toPrecision(2)), fact("PageRank", (node.measures.pagerank || 0).toPrecision(2))) : null,
      company ? el("button", { type: "button", class: "take", id: "path-from", on: { click: () => {
        asking = true;
        ask(`Click a second company, in the picture or the list, for the path from ${chipflow.oneLine(node.name, 60)} to it.`);
      } } }, "Path from here to \u2026") : null,
      node.aliases ? [el("h3", {}, "Also written"), el("p", {}, said(node.aliases, 300))] : null,
      section("On leads", leads.slice(0, 60).map((place) => el("li", {}, el("button", { type: "button", class: "link", on: { click: () => showLead(data.leads[place].id) } }, `Lead ${data.leads[place].rank}`), ": ", said(data.leads[place].countries, 80)))),
      section("Comes from", of("to", "from")), section("Goes to", of("from", "to")), section("Companies", inside));
    update(step);
    network.selectNodes([id], false);
    if (move) requestAnimationFrame(() => network.focus(id, { scale: Math.max(network.getScale(), 0.7) }));
    return undefined;
  }
  function showLead(id) {
    state.lead = id;
    $("lead").value = id;
    close();
    show(lit);
  }

  // ---- the path between two companies -----------------------------------------------------------
  // The fewest hand-overs such that goods may have gone on: a pair of companies is passed if its
  // last shipment is not before the earliest day on which the goods can have come.
  function pathBetween(from, to) {
    const best = new Map([[from, { at: -Infinity, edges: [] }]]);
    let front = [from];
    while (front.length && !best.has(to)) {
      const next = new Map();
      for (const id of front) {
        const { at, edges: before } = best.get(id);
        for (const edge of edgesOf.get(id)) {
          if (edge.from !== id || best.has(edge.to)) continue;
          if (edge.last !== null && edge.last < at) continue;
          const arrives = Math.max(at, edge.first ?? at);
          if (!next.has(edge.to) || next.get(edge.to).at > arrives) next.set(edge.to, { at: arrives, edges: [...before, edge] });
        }
      }
      for (const [id, found] of next) best.set(id, found);
      front = [...next.keys()];
    }
    return best.get(to)?.edges || null;
  }
  function showPath(from, to, step = false) {
    let [start, end] = [from, to];
    let found = pathBetween(start, end);
    if (!found) {
      const back = pathBetween(to, from);
      if (back) [start, end, found] = [to, from, back];
    }
    [way, asking] = [found, false];
    ask("");
    Object.assign(state, { chosen: null, from, to });
    const title = el("h2", { tabindex: "-1", id: "title" }, "Path from ", said(byId.get(start).name, 60), " to ", said(byId.get(end).name, 60));
    if (!found) {
      Object.assign(state, { from: null, to: null });
      panel(title, el("p", {}, "Nothing on this page leads from either to the other in time order. chipflow paths searches all records."));
    } else {
      const when = (edge) => (edge.first === null ? "" : `, ${day(edge.first)}${edge.last === edge.first ? "" : ` \u2013 ${day(edge.last)}`}`);
      panel(title, start === from ? null : el("p", {}, "There is none the other way round; this one leads back."),
        el("p", { class: "muted" }, `The fewest hand-overs in time order: ${found.length}. Companies that trade one after the other may do so without the same goods.`),
        el("ol", {}, found.map((edge) => el("li", {}, link(edge.from), " \u2192 ", link(edge.to), what(edge), when(edge)))),
        el("p", { class: "muted" }, "chipflow paths lists all ways, shipment by shipment."));
    }
    network.unselectAll();
    update(step);
    if (found) show(lit);
  }
  function close() {
    const again = state.chosen;
    Object.assign(state, { chosen: null, from: null, to: null });
    [way, asking] = [null, false];
    $("dossier").hidden = true;
    document.querySelector(".app").classList.remove("open");
    network.unselectAll();
    update();
    if (again) document.querySelector(`[data-id="${CSS.escape(again)}"]`)?.focus();
  }
  function legend() {
    const row = (mark, text) => el("li", {}, mark, text);
    const roles = data.leads.length ? ["source", "middle", "final", "other"] : ["other"];
    const called = { source: data.roles.seller, middle: data.roles.middle, final: data.roles.buyer, other: data.leads.length ? data.roles.other : "company" };
    const hues = state.colour === "role" ? roles.map((role) => row(el("i", { style: { background: colour("role-" + role) } }), called[role]))
      : [el("li", {}, `Colour: ${data.measures[state.colour]}, in fifths`), el("li", {}, el("span", { class: "scale", style: { width: "100%", display: "flex" } }, [0, 1, 2, 3, 4].map((step) => el("i", { style: { background: colour("evidence-" + step) } })))), el("li", {}, "few \u2192 many; grey: none")];
    $("legend").replaceChildren(el("h2", {}, "Legend"), el("ul", {}, hues,
      row(el("i", { class: "square" }), "country"),
      row(null, `Size: ${state.size ? data.measures[state.size] : "chips passed on, else chips handled"}`),
      data.leads.length ? row(el("i", { class: "line" }), `goods on a lead, width by ${data.measure_name}`) : null,
      data.leads.length ? row(el("i", { class: "dashed" }), "inferred, no record states it") : null,
      row(el("i", { class: "line other" }), `${data.leads.length ? "other goods" : "goods"}, width by ${data.measure_name}`)));
  }
  function begin() {
    for (const node of data.nodes) home.set(node.id, [node.x, node.y]);
    nodes = new vis.DataSet(data.nodes.map((node) => ({ ...nodeLook(node, true), x: node.x, y: node.y })));
    edges = new vis.DataSet(data.edges.map((edge) => edgeLook(edge, true)));
    lit = new Set(drawnAlways);
    network = new vis.Network($("drawing"), { nodes, edges }, data.options);
    network.on("beforeDrawing", discs);
    network.on("afterDrawing", names);
    network.on("click", (event) => (event.nodes.length ? pick(event.nodes[0], false) : state.chosen || way ? close() : undefined));
    network.on("dragEnd", (event) => {
      for (const id of event.nodes) {
        const { x, y } = network.getPositions([id])[id];
        pins.set(id, [x, y]);
        nodes.update({ id, x, y });
      }
      $("unpin").hidden = !pins.size;
      remember();
    });
    $("lead").append(el("option", { value: "" }, data.leads.length ? "all" : "none found"), ...data.leads.map((lead) => el("option", { value: lead.id }, `${lead.rank}: ${lead.countries}`)));
    const countries = [...new Set(companies.map((node) => node.country))].sort();
    $("country").append(el("option", { value: "" }, "all"), ...countries.map((name) => el("option", { value: name }, name)));
    const measures = Object.entries(data.measures).filter(([name]) => largest[name] > 0);
    const options = measures.map(([name, text]) => [name, text[0].toUpperCase() + text.slice(1)]);
    $("size").append(el("option", { value: "" }, "chips"), ...options.map(([name, text]) => el("option", { value: name }, text)));
    $("colour").append(el("option", { value: "role" }, "role"), ...options.map(([name, text]) => el("option", { value: name }, text)));
    $("search").addEventListener("input", () => { state.q = $("search").value.slice(0, 200).trim(); update(); });
    $("lead").addEventListener("change", () => {
      state.lead = $("lead").value;
      close();
      remember(true);
      if (state.lead) show(lit);
    });
    $("country").addEventListener("change", () => { state.country = $("country").value; update(); });
    for (const name of ["size", "colour"]) $(name).addEventListener("change", () => { state[name] = $(name).value; legend(); update(); });
    $("fit").addEventListener("click", () => network.fit());
    $("unpin").addEventListener("click", () => {
      for (const id of pins.keys()) if (nodes.get(id)) nodes.update({ id, x: home.get(id)[0], y: home.get(id)[1] });
      pins.clear();
      update();
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && (state.chosen || way)) close(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { legend(); update(); });
    chipflow.network = { names: () => written, view: network };
    legend();
    network.fit();
    recall();
    window.addEventListener("popstate", recall);
    network.once("afterDrawing", () => { document.documentElement.dataset.ready = "true"; });
    network.redraw();
  }
  begin();
})();
