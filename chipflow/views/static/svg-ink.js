// Draws as a canvas context does, and writes SVG: the part of it that the map uses.
"use strict";
chipflow.SvgInk = class {
  static PRESET = {
    fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, lineCap: "butt", lineJoin: "miter",
    font: "10px sans-serif", textAlign: "left", textBaseline: "alphabetic", dash: [], at: [1, 0, 0], clipName: null,
  };

  constructor(width, height) {
    [this.width, this.height] = [width, height];
    this.takesText = true;
    this.parts = [];
    this.clips = 0;
    this.stack = [];
    this.way = "";
    Object.assign(this, structuredClone(chipflow.SvgInk.PRESET));
    this.ruler = document.createElement("canvas").getContext("2d");
  }

  static number(value) {
    return String(Math.round(value * 100) / 100);
  }

  static escaped(text) {
    // Characters that XML does not allow are left out, the others written so that none is markup.
    return String(text).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "").replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  }

  save() {
    this.stack.push(Object.fromEntries(Object.keys(chipflow.SvgInk.PRESET).map((name) => [name, structuredClone(this[name])])));
  }

  restore() {
    Object.assign(this, this.stack.pop());
  }

  translate(x, y) {
    const [k, left, top] = this.at;
    this.at = [k, left + k * x, top + k * y];
  }

  scale(k) {
    this.at = [this.at[0] * k, this.at[1], this.at[2]];
  }

  setLineDash(dash) {
    this.dash = [...dash];
  }

  beginPath() {
    this.way = "";
  }

  step(letter, ...values) {
    this.way += letter + values.map(chipflow.SvgInk.number).join(" ");
  }

  moveTo(x, y) {
    this.step("M", x, y);
  }

  lineTo(x, y) {
    this.step("L", x, y);
  }

  bezierCurveTo(...values) {
    this.step("C", ...values);
  }

  closePath() {
    this.way += "Z";
  }

  // Whole circles only.
  arc(x, y, r) {
    this.step("M", x - r, y);
    for (const side of [2 * r, -2 * r]) this.step("a", r, r, 0, 1, 0, side, 0);
    this.closePath();
  }

  rect(x, y, width, height) {
    this.way += `M${x} ${y}h${width}v${height}h${-width}Z`;
  }

  // Until restore(): what is drawn shows inside the path only.
  clip() {
    this.clips += 1;
    this.parts.push(`<clipPath id="clip${this.clips}"><path d="${this.way}"${this.place()}/></clipPath>`);
    this.clipName = `clip${this.clips}`;
  }

  place() {
    const [k, x, y] = this.at.map((one) => Math.round(one * 1e4) / 1e4);
    return k === 1 && !x && !y ? "" : ` transform="translate(${x} ${y}) scale(${k})"`;
  }

  add(tag, attributes, text = null) {
    const all = { ...attributes, ...(this.globalAlpha < 1 ? { opacity: chipflow.SvgInk.number(this.globalAlpha) } : {}) };
    const said = Object.entries(all).map(([name, value]) => ` ${name}="${chipflow.SvgInk.escaped(value)}"`).join("");
    const made = `<${tag}${said}${this.place()}${text === null ? "/>" : `>${chipflow.SvgInk.escaped(text)}</${tag}>`}`;
    // A clip is in the picture's own units: it goes around what is moved.
    this.parts.push(this.clipName ? `<g clip-path="url(#${this.clipName})">${made}</g>` : made);
  }

  fill(text = this.way) {
    if (text) this.add("path", { d: text, fill: this.fillStyle });
  }

  stroke(text = this.way) {
    if (text) this.add("path", { d: text, fill: "none", ...this.pen() });
  }

  pen() {
    return { stroke: this.strokeStyle, "stroke-width": Math.round(this.lineWidth * 1e4) / 1e4, "stroke-linecap": this.lineCap, "stroke-linejoin": this.lineJoin, ...(this.dash.length ? { "stroke-dasharray": this.dash.join(" ") } : {}) };
  }

  fillRect(x, y, width, height) {
    this.add("rect", { x, y, width, height, fill: this.fillStyle });
  }

  strokeRect(x, y, width, height) {
    this.add("rect", { x, y, width, height, fill: "none", ...this.pen() });
  }

  lettering(x, y) {
    const [, weight, size] = /^(\d+ )?([\d.]+)px/.exec(this.font) || [null, "", "10"];
    return {
      x: chipflow.SvgInk.number(x), y: chipflow.SvgInk.number(y), "font-family": "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif", "font-size": size,
      ...(weight ? { "font-weight": weight.trim() } : {}),
      "text-anchor": { center: "middle", right: "end" }[this.textAlign] || "start", ...(this.textBaseline === "middle" ? { "dominant-baseline": "central" } : {}),
    };
  }

  fillText(text, x, y) {
    this.add("text", { ...this.lettering(x, y), fill: this.fillStyle }, text);
  }

  strokeText(text, x, y) {
    this.add("text", { ...this.lettering(x, y), fill: "none", ...this.pen() }, text);
  }

  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  text(title, description) {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${this.width} ${this.height}" width="${this.width}" height="${this.height}" role="img">\n<title>${chipflow.SvgInk.escaped(title)}</title>\n<desc>${chipflow.SvgInk.escaped(description)}</desc>\n${this.parts.join("\n")}\n</svg>\n`;
  }
};
