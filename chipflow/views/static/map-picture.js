// The map as a picture to publish: title, map, inset, legend, source, date, and what a lead is.
"use strict";
chipflow.Picture = class {
  static WIDTH = 1280; // pixels of the drawing; a page of A4 on its side is 277 mm within its margins
  static MAP = 700;
  static EDGE = 28;
  static FINER = 2.5; // pixels of the file for one of the drawing: about 300 to the inch on A4

  // "map" and "inset" are drawings of their own; "words" says what is written around them.
  constructor(map, inset, words) {
    Object.assign(this, { map, inset, words });
    this.ruler = document.createElement("canvas").getContext("2d");
  }

  static font(size, weight = 400) {
    return `${weight} ${size}px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif`;
  }

  // A text as lines that fit.
  lines(text, size, weight, most = chipflow.Picture.WIDTH - 2 * chipflow.Picture.EDGE) {
    this.ruler.font = chipflow.Picture.font(size, weight);
    const made = [];
    let line = "";
    for (const word of String(text).split(/\s+/)) {
      const longer = line ? `${line} ${word}` : word;
      if (line && this.ruler.measureText(longer).width > most) {
        made.push(line);
        line = word;
      } else line = longer;
    }
    return line ? [...made, line] : made;
  }

  layout() {
    const { words } = this;
    const block = (text, size, weight, colour, gap = 0) => (text ? this.lines(text, size, weight).map((line, i) => ({ line, size, weight, colour, gap: i ? 0 : gap })) : []);
    this.head = [
      ...(words.simulated ? block("SIMULATED RECORDS. Made up to show how chipflow works; no company here is real.", 14, 700, "warn-ink") : []),
      ...block(words.title, 27, 700, "ink", 6), ...block(words.subtitle, 15, 400, "muted", 2), ...block(words.caption, 16, 500, "ink", 4),
    ];
    this.foot = [...block(words.question, 15, 650, "ink", 4), ...words.sources.flatMap((one) => block(one, 12.5, 400, "muted"))];
    const tall = (rows) => rows.reduce((sum, row) => sum + row.gap + row.size * 1.36, 0);
    this.top = tall(this.head) + 34;
    // Signs run on from left to right and begin a new row where one is full.
    this.signs = [];
    let [x, y] = [chipflow.Picture.EDGE, 0];
    const { WIDTH, EDGE } = chipflow.Picture;
    const put = (wide, sign) => {
      if (x > EDGE && x + wide > WIDTH - EDGE) [x, y] = [EDGE, y + 27];
      this.signs.push({ ...sign, x, y });
      x += wide + 26;
    };
    this.ruler.font = chipflow.Picture.font(13);
    if (words.scale) {
      const cells = words.scale.steps.map(([, text]) => Math.max(34, this.ruler.measureText(text).width + 12));
      put(this.ruler.measureText(words.scale.title).width + 12 + cells.reduce((a, b) => a + b, 0), { scale: words.scale, cells });
      if (words.scale.steps.some(([, text]) => text)) [x, y] = [EDGE, y + 38];
    }
    for (const [text, draw] of words.signs) put(chipflow.SIGN.width + 8 + this.ruler.measureText(text).width, { text, draw });
    this.legendTop = this.top + chipflow.Picture.MAP + 14;
    this.footTop = this.legendTop + y + 34;
    this.height = Math.ceil(this.footTop + tall(this.foot) + 20);
  }

  paint(ink) {
    const { WIDTH, MAP, EDGE } = chipflow.Picture;
    const { colours } = this.map;
    const write = (rows, from) => {
      let y = from;
      ink.textAlign = "left";
      ink.textBaseline = "middle";
      for (const row of rows) {
        y += row.gap + row.size * 0.68;
        ink.font = chipflow.Picture.font(row.size, row.weight);
        ink.fillStyle = chipflow.colour(row.colour);
        ink.fillText(row.line, EDGE, y);
        y += row.size * 0.68;
      }
    };
    ink.fillStyle = colours.panel;
    ink.fillRect(0, 0, WIDTH, this.height);
    if (this.words.simulated) {
      ink.fillStyle = chipflow.colour("warn");
      ink.fillRect(0, 0, WIDTH, 14 + 14 * 1.36 + 6);
    }
    write(this.head, 14);
    this.window(ink, this.map, 0, this.top, WIDTH, MAP);
    if (this.inset?.box) {
      const { left, top, width, height } = this.inset.box;
      this.window(ink, this.inset.lens, left, this.top + top, width, height);
      ink.strokeStyle = colours.muted;
      ink.lineWidth = 1;
      ink.strokeRect(left, this.top + top, width, height);
    }
    for (const sign of this.signs) {
      ink.save();
      ink.translate(sign.x, this.legendTop + sign.y);
      ink.textAlign = "left";
      ink.textBaseline = "middle";
      ink.font = chipflow.Picture.font(13);
      if (sign.scale) {
        ink.fillStyle = colours.ink;
        ink.fillText(sign.scale.title, 0, 9);
        let x = ink.measureText(sign.scale.title).width + 12;
        sign.scale.steps.forEach(([name, text], i) => {
          ink.fillStyle = chipflow.colour(name);
          ink.fillRect(x, 3, sign.cells[i], 12);
          ink.fillStyle = colours.muted;
          ink.fillText(text, x + 2, 26);
          x += sign.cells[i];
        });
      } else {
        ink.save();
        sign.draw(ink);
        ink.restore();
        ink.fillStyle = colours.ink;
        ink.fillText(sign.text, chipflow.SIGN.width + 8, 9);
      }
      ink.restore();
    }
    write(this.foot, this.footTop);
  }

  window(ink, drawing, x, y, width, height) {
    ink.save();
    ink.translate(x, y);
    ink.beginPath();
    ink.rect(0, 0, width, height);
    ink.clip();
    drawing.paintWorld(ink);
    drawing.paintArcs(ink);
    ink.restore();
  }

  toPng(done) {
    this.layout();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [chipflow.Picture.WIDTH, this.height].map((one) => Math.round(one * chipflow.Picture.FINER));
    const ink = canvas.getContext("2d");
    ink.scale(chipflow.Picture.FINER, chipflow.Picture.FINER);
    this.paint(ink);
    canvas.toBlob(done, "image/png");
  }

  toSvg() {
    this.layout();
    const ink = new chipflow.SvgInk(chipflow.Picture.WIDTH, this.height);
    this.paint(ink);
    return ink.text(this.words.title, [this.words.simulated ? "Simulated records." : "", this.words.subtitle, this.words.caption, this.words.question, ...this.words.sources].filter(Boolean).join(" "));
  }
};
