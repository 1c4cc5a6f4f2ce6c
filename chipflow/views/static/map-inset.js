// The inset: from the Strait of Malacca to Japan ports and countries lie too close to be told apart
// on a map of the world, so what happens there is drawn once more, larger.
"use strict";
chipflow.Inset = class {
  static REGION = { lon: [92, 148], lat: [-11, 47] }; // degrees
  static FEWEST = 4; // places in the region: fewer can be told apart without help
  static LEAST = { width: 700, height: 380 }; // pixels of a map that has room for an inset
  static WIDEST = 0.42; // of the map's width: a region as wide as this needs no inset
  static CAPTION = 22; // pixels

  constructor(main, lens) {
    this.main = main;
    this.lens = lens;
    this.wanted = true;
    this.box = null; // left, top, width, height on the main map
  }

  inside(node) {
    const { countries, ports } = this.main;
    const at = node - this.main.lands;
    const [lon, lat] = this.main.isPort(node) ? [ports.lon[at], ports.lat[at]] : [countries.lon[node], countries.lat[node]];
    const { REGION } = chipflow.Inset;
    return lon >= REGION.lon[0] && lon <= REGION.lon[1] && lat >= REGION.lat[0] && lat <= REGION.lat[1];
  }

  // Where the inset goes, and the view of the main map that keeps all places clear of it.
  arrange(places) {
    const { main } = this;
    const { FEWEST, LEAST } = chipflow.Inset;
    // The buttons stand over the right edge: no country hides behind them.
    const buttons = main.controls ? main.width - main.controls[0][0] : 0;
    main.clear = { right: buttons, left: 0, bottom: 0 };
    let goal = main.fitted(places);
    this.box = null;
    const near = places.filter((node) => this.inside(node));
    const roomy = main.width >= LEAST.width && main.height >= LEAST.height;
    if (this.wanted && roomy && near.length >= FEWEST && near.length < places.length && this.crowded(near, goal)) {
      const tall = Math.round(Math.min(Math.max(0.56 * main.height, 220), 620));
      const wide = Math.round(Math.min(Math.max(1.3 * tall, 260), 0.44 * main.width));
      const foot = main.controls?.[0][3] ?? 0; // where the buttons end
      const edge = main.height - tall - 10 < foot ? buttons : 0;
      const corner = (left) => ({ left: left ? 10 : main.width - wide - 10 - edge, top: main.height - tall - 10, width: wide, height: tall });
      const free = (box) => places.every((node) => {
        const [x, y] = main.places[node].map((one, axis) => one * goal.k + (axis ? goal.y : goal.x));
        return x < box.left - 40 || x > box.left + box.width + 40 || y < box.top - 24;
      });
      this.box = [corner(true), corner(false)].find(free);
      if (!this.box) {
        // No corner is free: below all routes or beside them, whichever leaves them larger.
        const ways = [
          { clear: { right: buttons, left: 0, bottom: tall + 14 }, box: corner(false) },
          { clear: { right: wide + 14 + edge, left: 0, bottom: 0 }, box: corner(false) },
          { clear: { right: buttons, left: wide + 14, bottom: 0 }, box: corner(true) },
        ].map((way) => {
          main.clear = way.clear;
          return { ...way, goal: main.fitted(places) };
        });
        const best = ways.reduce((one, other) => (other.goal.k > 1.05 * one.goal.k ? other : one));
        [this.box, main.clear, goal] = [best.box, best.clear, best.goal];
      }
    }
    this.near = new Set(near);
    return goal;
  }

  crowded(near, view) {
    const xs = near.map((node) => this.main.places[node][0] * view.k);
    return Math.max(...xs) - Math.min(...xs) < chipflow.Inset.WIDEST * this.main.width;
  }

  // Still needed after the reader has moved the map?
  useful() {
    return Boolean(this.box) && this.crowded([...this.near], this.main.view);
  }

  // Draw it from the arcs of the main map.
  show() {
    const { main, lens, near } = this;
    const arcs = main.arcs.filter((arc) => near.has(arc.from) || near.has(arc.to)).map((arc) => ({ ...arc, points: null }));
    lens.setArcs(arcs, main.touched, main.goal);
    lens.obstacles = [[0, 0, lens.width, chipflow.Inset.CAPTION]];
    const room = { x: Math.min(64, 0.16 * lens.width), top: chipflow.Inset.CAPTION + 16, bottom: 22 };
    lens.view = lens.fitted([...near], { points: true, most: 16, room });
    main.enlarged = { nodes: near, box: () => this.frame() };
    main.obstacles = [...(main.controls || []), [this.box.left - 4, this.box.top - 4, this.box.left + this.box.width + 4, this.box.top + this.box.height + 4]];
  }

  hide() {
    this.main.enlarged = null;
    this.main.obstacles = this.main.controls || [];
  }

  // What the inset shows, on the main map: both use one projection at two sizes.
  frame() {
    const { main, lens } = this;
    const size = main.projection.scale() / lens.projection.scale();
    const [here, there] = [main.projection.translate(), lens.projection.translate()];
    return [[0, 0], [lens.width, lens.height]].flatMap((corner) => corner.map((one, axis) => {
      const origin = axis ? lens.view.y : lens.view.x;
      const flat = (one - origin) / lens.view.k;
      return (here[axis] + (flat - there[axis]) * size) * main.view.k + (axis ? main.view.y : main.view.x);
    }));
  }
};
