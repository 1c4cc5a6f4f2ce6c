// What a reader takes away: text to the clipboard, tables and pictures as files.
"use strict";
(() => {
  // A spreadsheet program runs a cell that begins with one of these as a formula (OWASP, "CSV
  // Injection"); the same rule as in tables.py.
  const FORMULA = /^[=+\-@\t\r]/;
  const KEEP = 10_000; // milliseconds until the browser may forget a file that was handed over

  function cell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = FORMULA.test(value) ? "'" + value : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }
  chipflow.csv = (rows) => {
    if (!rows.length) return "";
    const names = Object.keys(rows[0]);
    return [names, ...rows.map((row) => names.map((name) => row[name]))].map((line) => line.map(cell).join(",")).join("\n") + "\n";
  };

  chipflow.download = (name, kind, content) => {
    // The byte order mark tells Excel that the text is UTF-8.
    const blob = content instanceof Blob ? content : new Blob(kind === "text/csv" ? ["\ufeff", content] : [content], { type: kind });
    const link = chipflow.el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEEP);
  };

  chipflow.copy = async (text) => {
    try {
      // A frame inside a notebook has no right to the clipboard; a selection can still be copied.
      if (window.top !== window) throw new Error("in a frame");
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = chipflow.el("textarea", { readonly: true, class: "visually-hidden", "aria-hidden": "true" });
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  };

  // A button that says for a moment that it has done what it says.
  chipflow.copyButton = (label, text) => {
    const button = chipflow.el("button", { type: "button", class: "take", on: { click: async () => {
      button.textContent = (await chipflow.copy(text())) ? "Copied" : "Could not be copied";
      setTimeout(() => { button.textContent = label; }, 1800);
    } } }, label);
    return button;
  };
  chipflow.saveButton = (label, name, kind, content) =>
    chipflow.el("button", { type: "button", class: "take", on: { click: () => chipflow.download(name, kind, content()) } }, label);
})();
