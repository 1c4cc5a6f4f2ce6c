// The network page: vis-network with a layout that was computed before, a list, and a panel.
"use strict";
(() => {
  const { data, el, said, number, plural, colour } = chipflow;
  const $ = (id) => document.getElementById(id);
  const MOST_LISTED = 300;
  const byId = new Map(data.nodes.map((node) => [node.id, node]));
  const companies = data.nodes.filter((node) => node.kind === "company");
  const fold = (text) => String(text || "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = new Map(companies.map((node) => [node.id, fold(`${node.name} ${node.aliases} ${node.country}`)]));
  const state = { q: "", lead: "", country: "", chosen: null };
  // Many lines on top of each other stay readable when each is fainter.
  const onLeads = data.edges.filter((edge) => edge.leads.length).length;
  const strength = Math.max(0.35, Math.min(0.95, 150 / Math.max(onLeads, 1)));
  const quiet = Math.max(0.07, Math.min(0.45, 60 / Math.max(data.edges.length - onLeads, 1)));
  let nodes;
  let edges;
  let network;

  // A large picture is seen from afar: what leads the eye grows with it.
  const reach = (axis) => Math.max(...data.nodes.map((node) => node[axis]), 0) - Math.min(...data.nodes.map((node) => node[axis]), 0);
  const afar = Math.min(Math.max(1, reach("x") / 1000, reach("y") / 700), 4.5);

  const roleColour = (node) => colour(node.kind === "country" ? "muted" : "role-" + node.group);
  // Faded marks keep their place, so that the picture does not jump when a filter changes.
  function nodeLook(node, lit) {
    const fill = roleColour(node);
    return {
      id: node.id,
      color: { background: fill, border: colour("panel"), highlight: { background: fill, border: colour("ink") }, hover: { background: fill, border: colour("ink") } },
      borderWidth: 1.5, borderWidthSelected: 3, opacity: lit ? 1 : 0.14,
      font: { color: lit ? colour("ink") : "rgba(0,0,0,0)", size: node.kind === "country" ? 15 * afar : 12, face: "system-ui, sans-serif", strokeWidth: node.kind === "country" ? 4 * afar : 4, strokeColor: lit ? colour("soft") : "rgba(0,0,0,0)" },
    };
  }
  function edgeLook(edge, i, lit) {
    const shade = edge.leads.length ? colour("accent") : colour("flow");
    return { id: i, color: { color: shade, highlight: shade, hover: colour("ink"), opacity: lit ? (edge.leads.length ? strength : state.chosen ? 0.45 : quiet) : 0.06 }, arrowStrikethrough: false };
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
  function litNodes() {
    const lit = new Set();
    const touching = new Set();
    if (state.lead) for (const edge of data.edges) if (edge.leads.includes(state.lead)) touching.add(edge.from).add(edge.to);
    for (const node of companies) {
      if (state.lead && !touching.has(node.id)) continue;
      if (state.country && node.country !== state.country) continue;
      if (state.q && !fold(state.q).split(/\s+/).every((word) => words.get(node.id).includes(word))) continue;
      lit.add(node.id);
    }
    return lit;
  }
  // A view can be sent: what is filtered and chosen stands in the address.
  function remember() {
    const parts = new URLSearchParams();
    for (const name of ["chosen", "lead", "country", "q"]) if (state[name]) parts.set(name, state[name]);
    if (parts.toString() === location.hash.slice(1)) return;
    try {
      history.replaceState(null, "", "#" + parts);
    } catch {
      // A page inside a notebook's frame has no address of its own.
    }
  }
  function recall() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const known = (select, value) => ([...select.options].some((option) => option.value === value) ? value : "");
    Object.assign(state, { q: (parts.get("q") || "").slice(0, 200), lead: known($("lead"), parts.get("lead") || ""), country: known($("country"), parts.get("country") || "") });
    for (const [id, value] of [["search", state.q], ["lead", state.lead], ["country", state.country]]) $(id).value = value;
    const chosen = parts.get("chosen");
    if (byId.has(chosen)) choose(chosen, true);
    else if (state.chosen) close();
    else update();
  }
  function update() {
    remember();
    let lit = litNodes();
    list(lit);
    const filtered = Boolean(state.q || state.lead || state.country);
    if (state.chosen) {
      lit = new Set([state.chosen]);
      for (const node of companies) if (node.country_id === state.chosen) lit.add(node.id);
      for (const edge of data.edges) {
        if (edge.from === state.chosen) lit.add(edge.to);
        if (edge.to === state.chosen) lit.add(edge.from);
      }
    }
    for (const id of [...lit]) lit.add(byId.get(id).country_id || id);
    const all = !filtered && !state.chosen;
    nodes.update(data.nodes.map((node) => nodeLook(node, all || lit.has(node.id))));
    edges.update(data.edges.map((edge, i) => {
      const joined = lit.has(edge.from) && lit.has(edge.to);
      const mine = state.chosen ? edge.from === state.chosen || edge.to === state.chosen : state.lead ? edge.leads.includes(state.lead) : true;
      return edgeLook(edge, i, all || (joined && mine));
    }));
  }
  function list(lit) {
    const found = companies.filter((node) => lit.has(node.id)).sort((a, b) => b.on_lead - a.on_lead || b.named - a.named || b.size - a.size || (a.name < b.name ? -1 : 1));
    $("status").textContent = `${number(found.length)} of ${plural(companies.length, "company", "companies")}`;
    $("list").replaceChildren(el("ul", {}, found.slice(0, MOST_LISTED).map((node) => el("li", {}, el("button", { type: "button", class: "item", "data-id": node.id, "aria-pressed": String(node.id === state.chosen), on: { click: () => choose(node.id, true) } },
      el("span", { class: "dot", style: { background: roleColour(node) } }), said(node.name, 70), el("span", { class: "muted" }, said(node.country, 40), " \u00b7 ", said(node.role, 40)))))));
    if (found.length > MOST_LISTED) $("list").append(el("p", { class: "more muted" }, `and ${number(found.length - MOST_LISTED)} more; search to find them.`));
  }
  function choose(id, move = false) {
    const node = byId.get(id);
    if (!node) return close();
    state.chosen = id;
    network.selectNodes([id], false);
    const partner = (edge, end) => el("li", {}, el("button", { type: "button", class: "link", on: { click: () => choose(edge[end], true) } }, said(byId.get(edge[end]).name, 70)),
      edge.kind === "inferred" ? ", inferred, no record states it" : [`, ${edge.units ? number(edge.units) + " chips, " : ""}${plural(edge.shipments, "shipment")}`, edge.goods ? [" of ", said(edge.goods, 80)] : null]);
    const of = (end, other) => data.edges.filter((edge) => edge[end] === id).sort((a, b) => b.width - a.width).slice(0, 40).map((edge) => partner(edge, other));
    const leads = [...new Set(data.edges.filter((edge) => edge.from === id || edge.to === id).flatMap((edge) => edge.leads))];
    const section = (title, rows) => (rows.length ? [el("h3", {}, title), el("ul", {}, rows)] : null);
    const inside = companies.filter((one) => one.country_id === id).map((one) => el("li", {}, el("button", { type: "button", class: "link", on: { click: () => choose(one.id, true) } }, said(one.name, 70))));
    const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
    const parts = [
      el("button", { type: "button", class: "close", "aria-label": "Close", on: { click: close } }, "\u00d7"),
      el("h2", { tabindex: "-1", id: "title" }, said(node.name, 120)),
      node.kind === "company" ? el("p", { class: "muted" }, said(node.country, 60), " \u00b7 ", said(node.role, 60)) : el("p", { class: "muted" }, "Country"),
      node.kind === "company" ? el("dl", {}, fact("Chips in", number(node.amounts.units_in)), fact("Chips out", number(node.amounts.units_out)), fact("Passed on towards the destination", number(node.amounts.throughput))) : null,
      node.aliases ? [el("h3", {}, "Also written"), el("p", {}, said(node.aliases, 300))] : null,
      section("On leads", leads.map((lead) => { const known = data.leads.find((one) => one.id === lead); return el("li", {}, known ? `Lead ${known.rank}: ` : "Lead ", said(known ? known.countries : lead, 80)); })),
      section("Comes from", of("to", "from")), section("Goes to", of("from", "to")), section("Companies", inside),
    ];
    $("dossier").replaceChildren(...parts.flat(Infinity).filter(Boolean));
    $("dossier").hidden = false;
    document.querySelector(".app").classList.add("open");
    $("title").focus({ preventScroll: true });
    update();
    if (move) requestAnimationFrame(() => network.focus(id, { scale: Math.max(network.getScale(), 0.7) }));
    return undefined;
  }
  function close() {
    const again = state.chosen && document.querySelector(`[data-id="${CSS.escape(state.chosen)}"]`);
    state.chosen = null;
    $("dossier").hidden = true;
    document.querySelector(".app").classList.remove("open");
    network.unselectAll();
    update();
    if (again) document.querySelector(`[data-id="${CSS.escape(again.dataset.id)}"]`)?.focus();
  }
  function legend() {
    const row = (mark, text) => el("li", {}, mark, text);
    const roles = data.leads.length ? ["source", "middle", "final", "other"] : ["other"];
    const names = { source: data.roles.seller, middle: data.roles.middle, final: data.roles.buyer, other: data.leads.length ? data.roles.other : "company" };
    $("legend").replaceChildren(el("h2", {}, "Legend"), el("ul", {},
      roles.map((role) => row(el("i", { style: { background: colour("role-" + role) } }), names[role])),
      row(el("i", { class: "square" }), "country"),
      data.leads.length ? row(el("i", { class: "line" }), `goods on a lead, width by ${data.measure_name}`) : null,
      data.leads.length ? row(el("i", { class: "dashed" }), "inferred, no record states it") : null,
      row(el("i", { class: "line other" }), `${data.leads.length ? "other goods" : "goods"}, width by ${data.measure_name}`)));
  }
  function begin() {
    nodes = new vis.DataSet(data.nodes.map((node) => ({ id: node.id, label: node.label, title: node.title, shape: node.shape, size: node.size * (node.on_lead ? Math.sqrt(afar) : 1), x: node.x, y: node.y, ...nodeLook(node, true) })));
    edges = new vis.DataSet(data.edges.map((edge, i) => ({ from: edge.from, to: edge.to, title: edge.title, width: edge.width, dashes: edge.dashes, arrows: { to: { enabled: true, scaleFactor: 0.6 } }, ...edgeLook(edge, i, true) })));
    network = new vis.Network($("drawing"), { nodes, edges }, data.options);
    network.on("beforeDrawing", discs);
    network.on("click", (event) => (event.nodes.length ? choose(event.nodes[0]) : state.chosen ? close() : undefined));
    $("lead").append(el("option", { value: "" }, data.leads.length ? "all" : "none found"), ...data.leads.map((lead) => el("option", { value: lead.id }, `${lead.rank}: ${lead.countries}`)));
    const countries = [...new Set(companies.map((node) => node.country))].sort();
    $("country").append(el("option", { value: "" }, "all"), ...countries.map((name) => el("option", { value: name }, name)));
    $("search").addEventListener("input", () => { state.q = $("search").value.slice(0, 200).trim(); update(); });
    $("lead").addEventListener("change", () => { state.lead = $("lead").value; update(); });
    $("country").addEventListener("change", () => { state.country = $("country").value; update(); });
    $("fit").addEventListener("click", () => network.fit());
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.chosen) close(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { legend(); update(); });
    legend();
    network.fit();
    recall();
    window.addEventListener("hashchange", recall);
    network.once("afterDrawing", () => { document.documentElement.dataset.ready = "true"; });
    network.redraw();
  }
  begin();
})();
