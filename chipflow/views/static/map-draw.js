// The drawing of the map: outlines once for a view, arcs over them, and what lies under a pointer.
"use strict";
// The outlines as shapes, shared by the map, its inset and its pictures. Antarctica is left out
// unless something happens there: it would take a fifth of the height.
chipflow.shapesOf = (topology, codes) => {
  const all = topology.objects.countries;
  const kept = all.geometries.filter((one) => one.id !== "AQ" || codes.includes("AQ"));
  const features = topojson.feature(topology, { type: "GeometryCollection", geometries: kept }).features;
  return {
    land: topojson.merge(topology, kept),
    borders: topojson.mesh(topology, all, (a, b) => a !== b),
    graticule: d3.geoGraticule().step([30, 30])(),
    byCode: new Map(features.filter((one) => one.id).map((one) => [one.id, one])),
  };
};
chipflow.Drawing = class {
  static SAMPLES = 36; // points along an arc: smooth at any zoom the map allows
  static MOST_SINGLE = 150; // hops drawn one by one; above, those between two countries join
  static MOST_JOINED = 100; // of those, the largest; more cannot be told apart
  static MOST_ZOOM = 24;
  static NORTH = 74; // degrees; the map is fitted to where there is trade
  static SOUTH = -48;
  static BLANK = [82, -57]; // degrees, beyond which nothing is shown where there is a choice
  // A country is shown as far as this from its point: the whole of the United States without
  // Alaska, and not all of Russia. Degrees of longitude and latitude.
  static REACH = [29, 15];
  static STEP = 9; // pixels between two arcs of the same way, half way along

  // Nodes are the countries and, behind them, the ports.
  constructor(box, world, arcs, shapes, countries, ports, centre) {
    this.ports = ports;
    this.lands = countries.code.length;
    this.box = box;
    this.worldCanvas = world;
    this.arcCanvas = arcs;
    this.countries = countries;
    this.centre = centre;
    this.view = { k: 1, x: 0, y: 0 };
    this.shapes = shapes;
    this.clear = { right: 0, left: 0, bottom: 0 }; // pixels that something lies over
    this.obstacles = []; // boxes that no name may cover
    this.labels = []; // what is written where: {text, box}
    this.arcs = [];
    this.touched = new Set();
    this.goal = new Set();
    this.selected = null;
    this.hovered = null;
    this.readColours();
  }

  readColours() {
    const names = ["water", "land", "border", "graticule", "ink", "muted", "panel", "accent", "flow", "line"];
    this.colours = Object.fromEntries(names.map((name) => [name, chipflow.colour(name)]));
    this.classes = [0, 1, 2, 3, 4].map((step) => chipflow.colour("evidence-" + step));
    this.stale = true;
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (!width || !height) return false;
    this.setSize(width, height, Math.min(window.devicePixelRatio || 1, 2.5));
    return true;
  }

  setSize(width, height, ratio) {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    for (const canvas of [this.worldCanvas, this.arcCanvas]) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    this.project();
  }

  // Outlines become paths once for a size and a centre; zooming only moves those paths.
  project() {
    const { NORTH, SOUTH } = chipflow.Drawing;
    const { centre, width, height } = this;
    const frame = [];
    for (let latitude = SOUTH; latitude <= NORTH; latitude += 4) {
      frame.push([centre - 179.9, latitude], [centre + 179.9, latitude]);
    }
    this.projection = d3.geoEqualEarth().rotate([-centre, 0]).precision(0.2);
    this.projection.fitExtent([[6, 14], [width - 6, height - 14]], { type: "MultiPoint", coordinates: frame });
    // A tall box would leave the world a thin stripe: let it run over the sides and be moved.
    const [[, top], [, bottom]] = d3.geoPath(this.projection).bounds({ type: "MultiPoint", coordinates: frame });
    this.floor = Math.min(Math.max(1, (0.6 * height) / (bottom - top)), 2.2);
    this.half = Math.abs(this.projection([centre + 179.99, 0])[0] - this.projection([centre, 0])[0]);
    const { land, borders, graticule } = this.shapes;
    this.paths = { land: this.outline(land), borders: this.outline(borders), graticule: this.outline(graticule) };
    this.countryPaths = new Map();
    this.extents = new Map();
    const latitudes = this.countries.lat.concat(this.ports.lat);
    this.places = this.countries.lon.concat(this.ports.lon).map((lon, i) => this.projection([lon, latitudes[i]]));
    this.stale = true;
  }

  // A shape as a path, for the screen, and where it is asked for as the text of one, for a file.
  outline(shape) {
    const { projection } = this;
    const path = new Path2D();
    d3.geoPath(projection, path)(shape);
    return { path, get text() { return d3.geoPath(projection).digits(1)(shape) || ""; } };
  }

  countryPath(code) {
    if (!this.countryPaths.has(code)) {
      const feature = this.shapes.byCode.get(code);
      this.countryPaths.set(code, feature ? this.outline(feature) : null);
    }
    return this.countryPaths.get(code);
  }

  // The box of a node that should be in sight: a country's largest part, as far as REACH allows.
  extent(node) {
    const [x, y] = this.places[node];
    const feature = this.isPort(node) ? null : this.shapes.byCode.get(this.countries.code[node]);
    if (!feature) return [x, y, x, y];
    if (!this.extents.has(node)) {
      const draw = d3.geoPath(this.projection);
      const { type, coordinates } = feature.geometry;
      const parts = (type === "Polygon" ? [coordinates] : coordinates).map((part) => ({ type: "Polygon", coordinates: part }));
      const largest = parts.reduce((best, part) => (draw.area(part) > draw.area(best) ? part : best));
      const [[left, top], [right, bottom]] = draw.bounds(largest);
      const [wide, tall] = chipflow.Drawing.REACH.map((degrees) => (degrees / 180) * this.half);
      this.extents.set(node, [
        Math.min(x, Math.max(left, x - wide)), Math.min(y, Math.max(top, y - tall)),
        Math.max(x, Math.min(right, x + wide)), Math.max(y, Math.min(bottom, y + tall)),
      ]);
    }
    return this.extents.get(node);
  }

  setCentre(centre) {
    this.centre = centre;
    this.project();
  }

  isPort(node) {
    return node >= this.lands;
  }

  countryOf(node) {
    return this.isPort(node) ? this.ports.country[node - this.lands] : node;
  }

  // Show these nodes with room around; without any, the whole world.
  fit(places, animate = false) {
    this.moveTo(this.fitted([...places]), animate);
  }

  // The view that shows these nodes in what is not covered. "points" takes countries as points.
  fitted(places, { points = false, most = 5, room = { x: 74, top: 40, bottom: 40 } } = {}) {
    const { clear, floor } = this;
    if (!places.length) return { k: floor, x: (this.width * (1 - floor)) / 2, y: (this.height * (1 - floor)) / 2 };
    const boxes = places.map((i) => (points ? [...this.places[i], ...this.places[i]] : this.extent(i)));
    const ends = places.map((i) => this.places[i]);
    const least = (values) => values.reduce((a, b) => Math.min(a, b));
    const largest = (values) => values.reduce((a, b) => Math.max(a, b));
    // Names need room beside points, and none beside the outline of a country.
    const side = Math.min(room.x, this.width * 0.12);
    const free = { width: this.width - clear.left - clear.right, height: this.height - clear.bottom };
    const scale = (left, right, top, bottom, x, above, below) => Math.min((free.width - 2 * x) / Math.max(right - left, 1), (free.height - above - below) / Math.max(bottom - top, 1));
    const [left, right] = [least(boxes.map((b) => b[0])), largest(boxes.map((b) => b[2]))];
    const [top, bottom] = [least(boxes.map((b) => b[1])), largest(boxes.map((b) => b[3]))];
    const [from, to] = [least(ends.map((p) => p[0])), largest(ends.map((p) => p[0]))];
    const [high, low] = [least(ends.map((p) => p[1])), largest(ends.map((p) => p[1]))];
    const k = Math.max(Math.min(scale(left, right, top, bottom, 8, 8, 8), scale(from, to, high, low, side, room.top, room.bottom), most), 0.85);
    const goal = { k, x: clear.left + free.width / 2 - (k * (left + right)) / 2, y: free.height / 2 - (k * (top + bottom)) / 2 };
    // No empty sky above the world as long as everything stays in sight; where the whole world is
    // shown and leaves room, as much above as below.
    const [sky, sea] = chipflow.Drawing.BLANK.map((latitude) => this.projection([this.centre, latitude])[1] * k);
    if (sea - sky < free.height) goal.y = (free.height - sky - sea) / 2;
    else goal.y = Math.max(Math.min(goal.y, -sky), 8 - Math.min(top, high - room.top / k) * k);
    return goal;
  }

  moveTo(goal, animate) {
    this.keepInside(goal);
    const turn = (this.turn = (this.turn || 0) + 1); // a later move ends an earlier one
    this.moving = false;
    if (!animate || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.view = goal;
      this.stale = true;
      this.request();
      return;
    }
    const start = { ...this.view };
    const began = performance.now();
    const step = (now) => {
      if (turn !== this.turn) return;
      const part = Math.min((now - began) / 350, 1);
      const eased = 1 - (1 - part) ** 3;
      for (const key of ["k", "x", "y"]) this.view[key] = start[key] + (goal[key] - start[key]) * eased;
      this.moving = part < 1;
      this.stale = !this.moving;
      this.request();
      if (part < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  keepInside(view) {
    view.k = Math.min(Math.max(view.k, 0.8), chipflow.Drawing.MOST_ZOOM);
    const middle = this.projection([this.centre, 10]);
    const reach = { x: this.half * view.k, y: this.half * 0.5 * view.k };
    const at = { x: middle[0] * view.k + view.x, y: middle[1] * view.k + view.y };
    view.x += Math.min(Math.max(at.x, -reach.x + 80), this.width + reach.x - 80) - at.x;
    view.y += Math.min(Math.max(at.y, -reach.y + 60), this.height + reach.y - 60) - at.y;
  }

  // "handled" says that the reader has chosen the view.
  zoomBy(factor, x = this.width / 2, y = this.height / 2) {
    const k = Math.min(Math.max(this.view.k * factor, 0.8), chipflow.Drawing.MOST_ZOOM);
    const real = k / this.view.k;
    this.turn = (this.turn || 0) + 1;
    this.view = { k, x: x - (x - this.view.x) * real, y: y - (y - this.view.y) * real };
    this.settle();
  }

  panBy(dx, dy) {
    this.turn = (this.turn || 0) + 1;
    this.view = { k: this.view.k, x: this.view.x + dx, y: this.view.y + dy };
    this.settle();
  }

  // While the view moves the last picture of the world is moved too; it is made sharp at rest.
  settle() {
    this.handled = true;
    this.keepInside(this.view);
    this.moving = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.moving = false;
      this.stale = true;
      this.rested?.();
      this.request();
    }, 130);
    this.request();
  }

  request() {
    if (this.requested) return;
    this.requested = true;
    requestAnimationFrame(() => {
      this.requested = false;
      this.draw();
    });
  }

  draw() {
    if (!this.width) return;
    if (this.stale || !this.picture) this.drawWorld();
    else this.moveWorld();
    this.drawArcs();
  }

  drawWorld() {
    const ink = this.worldCanvas.getContext("2d");
    ink.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.paintWorld(ink);
    this.picture = { ...this.view };
    this.stale = false;
    this.worldCanvas.style.transform = "";
  }

  // Onto anything that draws as a canvas does; one that writes a file takes paths as texts.
  paintWorld(ink) {
    const { view, colours, paths } = this;
    const way = (outline) => (ink.takesText ? outline.text : outline.path);
    ink.fillStyle = colours.water;
    ink.fillRect(0, 0, this.width, this.height);
    ink.save();
    ink.translate(view.x, view.y);
    ink.scale(view.k, view.k);
    ink.lineJoin = "round";
    ink.strokeStyle = colours.graticule;
    ink.lineWidth = 1 / view.k;
    ink.stroke(way(paths.graticule));
    ink.fillStyle = colours.land;
    ink.fill(way(paths.land));
    for (const code of this.touched) {
      const outline = this.countryPath(code);
      if (!outline) continue;
      ink.globalAlpha = this.goal.has(code) ? 0.26 : 0.13;
      ink.fillStyle = this.goal.has(code) ? colours.accent : colours.ink;
      ink.fill(way(outline));
    }
    ink.globalAlpha = 1;
    ink.strokeStyle = colours.border;
    ink.lineWidth = 0.8 / view.k;
    ink.stroke(way(paths.borders));
    ink.restore();
  }

  moveWorld() {
    const { view, picture } = this;
    const scale = view.k / picture.k;
    const x = view.x - picture.x * scale;
    const y = view.y - picture.y * scale;
    this.worldCanvas.style.transformOrigin = "0 0";
    this.worldCanvas.style.transform = scale === 1 && !x && !y ? "" : `translate(${x}px,${y}px) scale(${scale})`;
  }

  // Countries and ports that would lie on top of each other move apart by a few pixels.
  spread() {
    const shown = [...this.shown];
    const { k, x, y } = this.view;
    const home = new Map(shown.map((i) => [i, [this.places[i][0] * k + x, this.places[i][1] * k + y]]));
    const at = new Map(shown.map((i) => [i, [...home.get(i)]]));
    const wide = shown.map((i) => (this.isPort(i) ? 5.5 : 8.5));
    for (let round = 0; round < 24; round++) {
      let moved = false;
      for (let a = 0; a < shown.length; a++) {
        for (let b = a + 1; b < shown.length; b++) {
          const p = at.get(shown[a]);
          const q = at.get(shown[b]);
          let dx = q[0] - p[0];
          let dy = q[1] - p[1];
          const far = Math.hypot(dx, dy);
          const apart = wide[a] + wide[b];
          if (far >= apart) continue;
          if (far < 0.01) [dx, dy] = [1, 0.3];
          const push = (apart - far) / 2 / Math.max(far, 1);
          p[0] -= dx * push;
          p[1] -= dy * push;
          q[0] += dx * push;
          q[1] += dy * push;
          moved = true;
        }
      }
      if (!moved) break;
    }
    this.home = home;
    this.at = at;
  }

  // arcs: {origin, target, from, to, width, colour, dashed, faded, strong, label, owner}; origin and
  // target are countries, from and to the nodes that it is drawn between (ports, else the same).
  setArcs(arcs, touched, goal) {
    this.arcs = arcs;
    for (const arc of arcs) {
      arc.from ??= arc.origin;
      arc.to ??= arc.target;
    }
    this.shown = new Set(arcs.flatMap((arc) => [arc.from, arc.to]));
    const fans = new Map();
    for (const arc of arcs) {
      const key = arc.from + ">" + arc.to;
      const fan = fans.get(key) || [];
      arc.fan = fan.length;
      fans.set(key, [...fan, arc]);
    }
    for (const fan of fans.values()) for (const arc of fan) arc.fans = fan.length;
    const same = touched.size === this.touched.size && [...touched].every((code) => this.touched.has(code));
    this.touched = touched;
    this.goal = goal;
    if (!same) this.stale = true;
    this.request();
  }

  shape(arc) {
    const n = chipflow.Drawing.SAMPLES;
    const points = [];
    const p = this.at.get(arc.from);
    const q = this.at.get(arc.to);
    if (arc.from === arc.to) {
      const size = (24 + 9 * Math.min(arc.fan, 5)) * (this.view.k > 3 ? 1.3 : 1);
      const turn = -Math.PI / 2 + (arc.fan % 2 ? 0.5 : -0.5) * Math.min(arc.fan, 3);
      const ends = [turn - 0.62, turn + 0.62].map((a) => [p[0] + 1.7 * size * Math.cos(a), p[1] + 1.7 * size * Math.sin(a)]);
      for (let i = 0; i <= n; i++) {
        const t = i / n;
        const [b, c] = [3 * t * (1 - t) ** 2, 3 * t * t * (1 - t)];
        const d = 1 - b - c;
        points.push([d * p[0] + b * ends[0][0] + c * ends[1][0], d * p[1] + b * ends[0][1] + c * ends[1][1]]);
      }
      return points;
    }
    const [dx, dy] = [q[0] - p[0], q[1] - p[1]];
    const far = Math.hypot(dx, dy);
    // Bent to the right of its direction, so that there and back never share a line.
    // Arcs of the same way lie a fixed number of pixels apart half way along, fewer where there
    // are many; the control point of a quadratic curve is twice as far off as the curve.
    const apart = Math.min(chipflow.Drawing.STEP, Math.max(0.45 * far, 24) / arc.fans);
    const bend = 0.2 * Math.min(1, 0.55 + 120 / Math.max(far, 1)) + (2 * apart * arc.fan) / Math.max(far, 1);
    const control = [(p[0] + q[0]) / 2 - dy * bend, (p[1] + q[1]) / 2 + dx * bend];
    for (let i = 0; i <= n; i++) {
      const t = i / n;
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
      points.push([a * p[0] + b * control[0] + c * q[0], a * p[1] + b * control[1] + c * q[1]]);
    }
    return points;
  }

  drawArcs() {
    const ink = this.arcCanvas.getContext("2d");
    ink.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ink.clearRect(0, 0, this.width, this.height);
    this.paintArcs(ink);
  }

  paintArcs(ink) {
    this.spread();
    this.labels = [];
    const order = [...this.arcs].sort((a, b) => (a.strong - b.strong) || (b.faded - a.faded) || (a.order - b.order));
    this.drawWaits(ink, order);
    for (const arc of order) {
      arc.points = this.shape(arc);
      this.stroke(ink, arc);
    }
    this.drawPlaces(ink, order.filter((arc) => arc.label && !this.echo(arc)));
    this.frame(ink);
  }

  // Between the port where goods of the chosen lead came in and the one where they left.
  drawWaits(ink, arcs) {
    const solid = arcs.filter((arc) => arc.strong && !arc.dashed);
    ink.save();
    ink.strokeStyle = this.colours.muted;
    ink.lineWidth = 1.4;
    ink.setLineDash([1.5, 4]);
    for (const into of solid) for (const out of solid) {
      if (out.hop !== into.hop + 1 || into.target !== out.origin || into.to === out.from) continue;
      ink.beginPath();
      ink.moveTo(...this.at.get(into.to));
      ink.lineTo(...this.at.get(out.from));
      ink.stroke();
    }
    ink.restore();
  }

  stroke(ink, arc) {
    const [p, q] = [this.at.get(arc.from), this.at.get(arc.to)];
    // A loop, or so short a way between ports that a wide line would hide it.
    const ported = arc.from !== arc.origin || arc.to !== arc.target;
    const inside = arc.from === arc.to || (ported && Math.hypot(p[0] - q[0], p[1] - q[1]) < 30);
    const width = inside ? Math.min(arc.width, 3) : arc.fans > 1 ? Math.min(arc.width, chipflow.Drawing.STEP * 0.8) : arc.width;
    const head = inside ? 8 : Math.min(5.5 + width * 1.15, 14);
    // Line, arrowhead and the country's dot follow each other without covering one another.
    const upTo = chipflow.Drawing.cut(arc.points, 5);
    const tip = upTo[upTo.length - 1];
    const line = chipflow.Drawing.cut(upTo, head * 0.85);
    const last = line.length - 1;
    const trace = () => {
      ink.beginPath();
      line.forEach(([x, y], i) => (i ? ink.lineTo(x, y) : ink.moveTo(x, y)));
    };
    ink.save();
    ink.globalAlpha = arc.faded ? 0.16 : this.echo(arc) ? 0.3 : arc.background ? 0.42 : arc.crowd ? 0.62 : 0.92;
    ink.lineCap = ink.lineJoin = "round";
    if (arc.strong) {
      ink.strokeStyle = this.colours.water;
      ink.lineWidth = width + 3.5;
      trace();
      ink.stroke();
    }
    ink.strokeStyle = ink.fillStyle = arc.hovered ? this.colours.ink : arc.colour;
    if (arc.dashed) {
      ink.setLineDash(inside ? [4, 3] : [6, 5]);
      ink.lineCap = "butt";
      ink.lineWidth = Math.max(1.8, Math.min(width, 4));
      trace();
      ink.stroke();
      ink.setLineDash([]);
    } else {
      // Thin where the goods leave, full where they arrive: the direction shows in the line too.
      const left = [];
      const right = [];
      for (let i = 0; i <= last; i++) {
        const before = line[Math.max(i - 1, 0)];
        const after = line[Math.min(i + 1, last)];
        const far = Math.hypot(after[0] - before[0], after[1] - before[1]) || 1;
        const half = (width / 2) * (0.35 + (0.65 * i) / Math.max(last, 1));
        const [nx, ny] = [(-(after[1] - before[1]) / far) * half, ((after[0] - before[0]) / far) * half];
        left.push([line[i][0] + nx, line[i][1] + ny]);
        right.push([line[i][0] - nx, line[i][1] - ny]);
      }
      ink.beginPath();
      left.concat(right.reverse()).forEach(([x, y], i) => (i ? ink.lineTo(x, y) : ink.moveTo(x, y)));
      ink.closePath();
      ink.fill();
    }
    const angle = Math.atan2(tip[1] - line[last][1], tip[0] - line[last][0]);
    ink.beginPath();
    ink.moveTo(tip[0], tip[1]);
    for (const turn of [2.7, -2.7]) {
      ink.lineTo(tip[0] + head * Math.cos(angle + turn) * 1.1, tip[1] + head * Math.sin(angle + turn) * 1.1);
    }
    ink.closePath();
    ink.fill();
    ink.restore();
  }

  // The part of a line that stays at least so far from its end.
  static cut(points, distance) {
    const [x, y] = points[points.length - 1];
    const far = (i) => Math.hypot(points[i][0] - x, points[i][1] - y);
    let i = points.length - 2;
    while (i > 0 && far(i) < distance) i--;
    const [a, b] = [far(i), far(i + 1)];
    const part = a === b ? 1 : Math.max(0, Math.min(1, (a - distance) / (a - b)));
    const end = [0, 1].map((d) => points[i][d] + (points[i + 1][d] - points[i][d]) * part);
    return points.slice(0, i + 1).concat([end]);
  }

  // What lies inside the frame of the inset is drawn there; here it is only hinted at.
  echo(arc) {
    return Boolean(this.enlarged) && [arc.from, arc.to].every((node) => this.enlarged.nodes.has(node));
  }

  // Where the inset looks.
  frame(ink) {
    if (!this.enlarged) return;
    const [left, top, right, bottom] = this.enlarged.box();
    ink.strokeStyle = this.colours.muted;
    ink.lineWidth = 1;
    ink.setLineDash([3, 3]);
    ink.strokeRect(left, top, right - left, bottom - top);
    ink.setLineDash([]);
  }

  // The number of a hop on its arc, where it covers no other number and no place.
  badge(ink, arc, taken) {
    const box = ([x, y]) => [x - 9.5, y - 9.5, x + 9.5, y + 9.5];
    const spots = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18].map((part) => arc.points[Math.round((arc.points.length - 1) * part)]);
    const spot = spots.find((one) => !crosses(box(one), taken));
    if (!spot) return;
    const [x, y] = spot;
    taken.push(box(spot));
    this.labels.push({ text: arc.label, box: box(spot) });
    ink.globalAlpha = 1;
    ink.beginPath();
    ink.arc(x, y, 9, 0, 7);
    ink.fillStyle = this.colours.panel;
    ink.fill();
    ink.lineWidth = 1.5;
    ink.strokeStyle = arc.colour;
    ink.stroke();
    ink.fillStyle = this.colours.ink;
    ink.font = "600 11px system-ui, sans-serif";
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    ink.fillText(arc.label, x, y + 0.5);

    function crosses(one, boxes) {
      return boxes.some((other) => other[0] < one[2] && other[2] > one[0] && other[1] < one[3] && other[3] > one[1]);
    }
  }

  drawPlaces(ink, badges) {
    const { colours } = this;
    const weight = new Map();
    for (const arc of this.arcs) {
      if (arc.faded) continue;
      for (const end of [arc.from, arc.to]) weight.set(end, (weight.get(end) || 0) + arc.width + (arc.background ? 0 : 4));
    }
    const busy = (i) => (weight.get(i) || 0) + (this.goal.has(this.countries.code[this.countryOf(i)]) ? 1000 : 0);
    const order = [...this.shown].sort((a, b) => busy(b) - busy(a) || a - b);
    for (const i of order) {
      const [x, y] = this.at.get(i);
      const [hx, hy] = this.home.get(i);
      ink.globalAlpha = weight.has(i) ? 1 : 0.4;
      if (Math.hypot(hx - x, hy - y) > 3) {
        ink.strokeStyle = colours.muted;
        ink.lineWidth = 0.8;
        ink.beginPath();
        ink.moveTo(hx, hy);
        ink.lineTo(x, y);
        ink.stroke();
      }
      if (this.isPort(i)) {
        ink.fillStyle = this.goal.has(this.countries.code[this.countryOf(i)]) ? colours.accent : colours.ink;
        ink.strokeStyle = colours.panel;
        ink.lineWidth = 1.2;
        ink.fillRect(x - 3, y - 3, 6, 6);
        ink.strokeRect(x - 3, y - 3, 6, 6);
        continue;
      }
      ink.beginPath();
      ink.arc(x, y, 4, 0, 7);
      ink.fillStyle = this.countries.known[i] ? (this.goal.has(this.countries.code[i]) ? colours.accent : colours.ink) : colours.panel;
      ink.fill();
      ink.lineWidth = 1.5;
      ink.strokeStyle = this.countries.known[i] ? colours.panel : colours.ink;
      ink.setLineDash(this.countries.known[i] ? [] : [2, 2]);
      ink.stroke();
      ink.setLineDash([]);
    }
    // Names where there is room, the busiest first. The first port of a country that has no mark
    // of its own says the country too.
    const named = new Set(order.filter((i) => !this.isPort(i)));
    ink.textBaseline = "middle";
    ink.lineJoin = "round";
    const taken = order.map((i) => [this.at.get(i)[0] - 6, this.at.get(i)[1] - 6, this.at.get(i)[0] + 6, this.at.get(i)[1] + 6]);
    for (const arc of badges) this.badge(ink, arc, taken);
    taken.push(...this.obstacles);
    const crowd = this.crowd();
    for (const i of order) {
      if (!weight.has(i) && this.arcs.some((arc) => !arc.faded)) continue;
      if (this.enlarged?.nodes.has(i)) continue;
      const land = this.countryOf(i);
      const port = this.isPort(i) ? this.ports.name[i - this.lands] : null;
      const whole = named.has(land) || port === this.countries.name[land] ? port : `${port}, ${this.countries.name[land]}`;
      const name = port === null ? this.countries.name[i] : whole;
      ink.font = `${port === null ? "600 12px" : "500 11px"} system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif`;
      const width = ink.measureText(name).width;
      const [x, y] = this.at.get(i);
      const spots = [
        ["left", x + 9, y], ["right", x - 9, y], ["center", x, y + 15], ["center", x, y - 15],
        ["left", x + 7, y + 13], ["left", x + 7, y - 13], ["right", x - 7, y + 13], ["right", x - 7, y - 13],
      ];
      // The free spot under which the fewest lines run; a name that finds none is not written.
      let best = null;
      for (const [rank, [align, lx, ly]] of spots.entries()) {
        const from = align === "left" ? lx : align === "right" ? lx - width : lx - width / 2;
        const box = [from - 1, ly - 8, from + width + 1, ly + 8];
        if (box[0] < 2 || box[2] > this.width - 2 || box[1] < 2 || box[3] > this.height - 2) continue;
        if (taken.some((one) => one[0] < box[2] && one[2] > box[0] && one[1] < box[3] && one[3] > box[1])) continue;
        const cost = crowd(box) + rank * 0.6;
        if (!best || cost < best.cost) best = { align, lx, ly, box, cost };
      }
      if (!best) continue;
      taken.push(best.box);
      this.labels.push({ text: name, box: best.box });
      named.add(land);
      ink.globalAlpha = 1;
      ink.textAlign = best.align;
      ink.strokeStyle = colours.water;
      ink.lineWidth = 3.5;
      ink.strokeText(name, best.lx, best.ly);
      ink.fillStyle = colours.ink;
      ink.fillText(name, best.lx, best.ly);
    }
    ink.globalAlpha = 1;
  }

  // How many points of arcs lie in a box.
  crowd() {
    const CELL = 8; // pixels
    const cells = new Map();
    for (const arc of this.arcs) {
      if (arc.faded || arc.background) continue;
      for (const [x, y] of arc.points) {
        const key = `${Math.floor(x / CELL)},${Math.floor(y / CELL)}`;
        cells.set(key, (cells.get(key) || 0) + 1);
      }
    }
    return ([left, top, right, bottom]) => {
      let sum = 0;
      for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++) {
        for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) sum += cells.get(`${x},${y}`) || 0;
      }
      return sum;
    };
  }

  // What lies under a point: a place first, then the nearest arc within a few pixels.
  under(x, y, reach = 7) {
    for (const [i, [px, py]] of this.at || []) if (Math.hypot(px - x, py - y) < reach + 2) return this.isPort(i) ? { place: this.countryOf(i), port: i - this.lands } : { place: i };
    let best = null;
    let least = reach;
    for (const arc of this.arcs) {
      if (!arc.points || arc.faded || this.echo(arc)) continue;
      for (let i = 1; i < arc.points.length; i++) {
        const far = gap(x, y, arc.points[i - 1], arc.points[i]) - arc.width / 2 + (arc.background ? 2 : 0);
        if (far < least) [least, best] = [far, arc];
      }
    }
    if (best) return { arc: best };
    const place = this.projection.invert([(x - this.view.x) / this.view.k, (y - this.view.y) / this.view.k]);
    for (const i of new Set([...this.shown].map((node) => this.countryOf(node)))) {
      const feature = this.shapes.byCode.get(this.countries.code[i]);
      if (feature && place && d3.geoContains(feature, place)) return { place: i };
    }
    return null;

    function gap(px, py, [ax, ay], [bx, by]) {
      const [dx, dy] = [bx - ax, by - ay];
      const t = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1)));
      return Math.hypot(px - ax - t * dx, py - ay - t * dy);
    }
  }
};
