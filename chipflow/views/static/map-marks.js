// What the reader thinks of each lead: a mark and a note, saved to a file and read back from one.
// Nothing is kept in the browser: what is not saved goes with the page, which asks before.
"use strict";
chipflow.Marks = class {
  static MARKS = ["seen", "dismissed", "to ask"];
  static COLUMNS = ["lead_id", "mark", "note"];
  static MOST = 4000; // characters of a note

  constructor(columns) {
    this.rows = new Map();
    this.unsaved = false;
    columns.lead_id.forEach((id, i) => this.rows.set(id, { mark: columns.mark[i], note: columns.note[i] }));
    window.addEventListener("beforeunload", (event) => {
      if (this.unsaved) event.preventDefault();
    });
  }

  of(id) {
    return this.rows.get(id) || { mark: "", note: "" };
  }

  set(id, change) {
    const row = { ...this.of(id), ...change };
    row.note = row.note.slice(0, chipflow.Marks.MOST);
    if (row.mark || row.note) this.rows.set(id, row);
    else this.rows.delete(id);
    this.unsaved = true;
  }

  toCsv() {
    return chipflow.csv([...this.rows].map(([lead_id, { mark, note }]) => ({ lead_id, mark, note })));
  }

  // Rows of a file take the place of those that are there. Returns how many were read.
  read(text) {
    const [head, ...lines] = chipflow.Marks.parse(text.replace(/^\ufeff/, ""));
    const places = chipflow.Marks.COLUMNS.map((name) => (head || []).indexOf(name));
    if (places.includes(-1)) throw new Error(`The file needs the columns ${chipflow.Marks.COLUMNS.join(", ")}.`);
    const found = lines.map((cells) => places.map((place) => chipflow.Marks.plain((cells[place] || "").trim()))).filter(([id]) => id);
    const wrong = found.find(([, mark]) => mark && !chipflow.Marks.MARKS.includes(mark.toLowerCase()));
    if (wrong) throw new Error(`\u201c${chipflow.oneLine(wrong[1], 40)}\u201d is no mark: ${chipflow.Marks.MARKS.join(", ")}, or nothing.`);
    for (const [id, mark, note] of found) this.rows.set(id, { mark: mark.toLowerCase(), note: note.slice(0, chipflow.Marks.MOST) });
    return found.length;
  }

  // The apostrophe keeps a spreadsheet from running a cell as a formula.
  static plain(cell) {
    return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
  }

  // RFC 4180: cells in quotes may hold commas, line ends and doubled quotes.
  static parse(text) {
    const lines = [[]];
    let cell = "";
    let quoted = false;
    const end = () => { lines[lines.length - 1].push(cell); cell = ""; };
    for (let i = 0; i < text.length; i++) {
      const one = text[i];
      if (quoted) {
        if (one === '"' && text[i + 1] === '"') { cell += '"'; i += 1; }
        else if (one === '"') quoted = false;
        else cell += one;
      } else if (one === '"' && !cell) quoted = true;
      else if (one === ",") end();
      else if (one === "\n" || one === "\r") {
        if (one === "\r" && text[i + 1] === "\n") i += 1;
        end();
        lines.push([]);
      } else cell += one;
    }
    end();
    return lines.filter((line) => line.length > 1 || line[0]);
  }
};
