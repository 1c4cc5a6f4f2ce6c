// The map of country statistics. All texts go in as text, never as markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const svg = document.getElementById("flow-map");
  const list = document.getElementById("list");
  const detail = document.getElementById("detail");
  const NS = "http://www.w3.org/2000/svg";
  const byCode = new Map();
  data.countries.forEach((one, at) => one.codes.forEach((code) => byCode.set(code, at)));
  let chosen = null;

  const make = (name, attributes, parent) => {
    const node = document.createElementNS(NS, name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    parent.appendChild(node);
    return node;
  };
  const element = (name, text, parent, className) => {
    const node = document.createElement(name);
    if (text !== undefined && text !== null) node.textContent = text;
    if (className) node.className = className;
    parent.appendChild(node);
    return node;
  };
  const percent = (value) =>
    value === null ? "no number" : (value > 0 ? "+" : "") + (100 * value).toFixed(Math.abs(value) < 0.1 ? 1 : 0) + "%";
  const money = (value) => {
    if (value === null) return "no number";
    const size = Math.abs(value);
    if (size >= 1e9) return (value / 1e9).toFixed(2) + " bn USD";
    if (size >= 1e6) return (value / 1e6).toFixed(1) + " million USD";
    return Math.round(value).toLocaleString("en") + " USD";
  };
  const probability = (value) => (value === null ? "none" : value < 0.001 ? "< 0.001" : value.toFixed(3));

  const draw = () => {
    const box = svg.getBoundingClientRect();
    const width = Math.max(box.width, 320), height = Math.max(box.height, 240);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    const projection = d3.geoEqualEarth().rotate([-20, 0]).fitExtent([[8, 8], [width - 8, height - 8]], { type: "Sphere" });
    const path = d3.geoPath(projection);
    make("path", { d: path({ type: "Sphere" }), class: "sphere" }, svg);
    const features = topojson.feature(data.world, data.world.objects.countries).features;
    features.forEach((feature) => {
      const at = byCode.get(feature.id);
      const country = at === undefined ? null : data.countries[at];
      let look = "land";
      const node = make("path", { d: path(feature) || "", class: look }, svg);
      if (country === null) return;
      if (country.change !== null) {
        // Strength by how far beyond chance, so that a small and restless country stays pale.
        const strength = country.p_value === null ? 0.25 : country.p_value < 0.01 ? 0.95 : country.p_value < 0.05 ? 0.7 : country.p_value < 0.2 ? 0.4 : 0.15;
        look = (country.change > 0 ? "up" : "down");
        node.style.fillOpacity = strength;
        make("path", { d: path(feature) || "", class: "land" }, svg);
        svg.insertBefore(svg.lastChild, node);
      }
      node.setAttribute("class", `${look} known${at === chosen ? " chosen" : ""}`);
      const title = make("title", {}, node);
      title.textContent = `${country.name}: ${percent(country.change)}`;
      node.addEventListener("click", () => choose(at));
    });
    const most = Math.max(1, ...data.routes.map((one) => Math.abs(one.value_usd || 0)));
    const line = (from, to, look, thick) =>
      from && to && make("path", { d: path({ type: "LineString", coordinates: [from, to] }) || "", class: look, "stroke-width": thick }, svg);
    line(data.origin.point, data.destination.point, "direct", 2);
    data.routes.forEach((one) => {
      if (!one.point || !(one.value_usd > 0)) return;
      const thick = 1.2 + 7 * Math.sqrt(one.value_usd / most);
      line(data.origin.point, one.point, "route", thick);
      line(one.point, data.destination.point, "route", thick / 2);
    });
    const named = [data.origin, data.destination, ...data.routes];
    const places = named.map((one) => one.point && projection(one.point));
    // No name stands on a point or on another name.
    const taken = places.filter(Boolean).map(([x, y]) => ({ x: x - 4, y: y - 4, width: 8, height: 8 }));
    const free = (one) => one.x >= 0 && one.x + one.width <= width && !taken.some((other) =>
      one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height);
    const label = (place, text) => {
      if (!place) return;
      make("circle", { cx: place[0], cy: place[1], r: 3, class: "end" }, svg);
      const node = make("text", {}, svg);
      node.textContent = text;
      const { width: long, height: tall } = node.getBBox();
      // Beside the point; else above or below it.
      const spots = [6, -6 - long].flatMap((right) => [0, -1, 1, -2, 2].map((down) => ({ x: place[0] + right, y: place[1] + (down - 0.5) * tall, width: long, height: tall })));
      const spot = spots.find(free) || spots[0];
      taken.push(spot);
      node.setAttribute("x", spot.x);
      node.setAttribute("y", spot.y + 0.78 * tall);
    };
    named.forEach((one, at) => label(places[at], one.name));
  };

  const choose = (at) => {
    chosen = at;
    const one = data.countries[at];
    detail.hidden = false;
    detail.replaceChildren();
    element("h2", one.name, detail);
    element("p", `${percent(one.change)} against ${data.counterfactual === "own past" ? "its own past" : "the median partner's growth"} (90%: ${percent(one.low)} to ${percent(one.high)}); p ${probability(one.p_value)}, q ${probability(one.q_value)}`, detail);
    element("p", `Trade ${data.period || ""}: ${money(one.after_usd)}; usual before: ${money(one.before_usd)}`, detail, "muted");
    const section = (title, texts, none) => {
      element("h3", title, detail);
      if (!texts.length) { element("p", none, detail, "muted"); return; }
      const items = element("ul", null, detail);
      texts.forEach((text) => element("li", text, items));
    };
    section("What the figures say", one.reasons, "Nothing.");
    section("What would look the same and be innocent", one.innocent, "The table of explanations has none for this country; there may be one all the same.");
    [...list.querySelectorAll("button")].forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.at) === at)));
    draw();
  };

  const ordered = element("ol", null, list);
  const route = new Map(data.routes.map((one) => [one.third, one]));
  data.countries.forEach((one, at) => {
    const item = element("li", null, ordered);
    const button = element("button", null, item, "item plain");
    button.type = "button";
    button.dataset.at = at;
    button.setAttribute("aria-pressed", "false");
    element("span", `${one.name}${one.role === "partner" || one.role === "exporter" ? "" : " (" + one.role + ")"}`, button, "route");
    const found = route.get(one.codes[0]);
    const share = found && found.share !== null ? `; ${percent(found.share)} of the fall` : "";
    element("span", `${percent(one.change)}, p ${probability(one.p_value)}${share}`, button, "facts number");
    button.addEventListener("click", () => choose(at));
  });
  if (!data.countries.length) element("p", "No country can be compared; the notes say why.", list, "nothing");
  const notes = document.getElementById("notes");
  data.notes.forEach((text) => element("li", text, notes));
  document.getElementById("notes-box").hidden = !data.notes.length;
  draw();
  window.addEventListener("resize", draw);
})();
