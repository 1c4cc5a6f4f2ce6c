// Building blocks of the pages: data, elements made from text only, numbers and dates in words.
"use strict";
const chipflow = (() => {
  const holder = document.getElementById("data");
  const data = JSON.parse(holder.textContent);
  // Columns in which values repeat are packed (packing.py): one value for all, or places in a list.
  for (const table of Object.values(data)) {
    if (!table || typeof table !== "object" || Array.isArray(table)) continue;
    for (const [name, column] of Object.entries(table)) {
      if (column?.times !== undefined && "all" in column) table[name] = new Array(column.times).fill(column.all);
      else if (column?.at && column.of) table[name] = column.at.map((place) => column.of[place]);
    }
  }
  const SHOWN = 110; // characters of a record's text before it is cut; the title holds more

  // Children are nodes or texts; a text always becomes a text node, never markup.
  function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "class") made.className = value;
      else if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
      else if (name === "style") for (const [key, one] of Object.entries(value)) made.style.setProperty(key, one);
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return made;
  }

  // Characters that turn the order of letters round would show another name than the record's.
  const visible = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (one) => `[U+${one.codePointAt(0).toString(16).toUpperCase()}]`);

  // A record's own words: kept apart from the text around (direction), cut when long.
  function said(text, most = SHOWN) {
    if (text === null || text === undefined || text === "") return el("span", { class: "muted" }, "\u2014");
    const whole = visible(String(text));
    const letters = Array.from(whole);
    if (letters.length <= most) return el("bdi", {}, whole);
    return el("bdi", { title: whole }, letters.slice(0, most).join("") + "\u2026");
  }

  // A name on one line without control characters, for where there is no element around it.
  function oneLine(text, most) {
    const letters = Array.from(String(text).replace(/[\p{C}\p{Z}]+/gu, " ").trim());
    return letters.length > most ? letters.slice(0, most - 1).join("") + "\u2026" : letters.join("") || "(no name)";
  }
  // Without accents and capitals: how words are compared.
  const fold = (text) => String(text || "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const number = (value) => (value === null || value === undefined ? "\u2014" : plain.format(value));
  const compact = (value) => (value === null || value === undefined ? "\u2014" : short.format(value));
  const dollars = (value) => (value === null || value === undefined ? "\u2014" : "$" + short.format(value));

  const style = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
  const formats = {
    day: style({ day: "numeric", month: "short", year: "numeric" }),
    month: style({ month: "short", year: "numeric" }),
    year: style({ year: "numeric" }),
  };
  function day(days, precision = "day") {
    if (days === null || days === undefined) return "no date";
    return (formats[precision] || formats.day).format(new Date(days * 864e5));
  }
  const month = (index) => formats.month.format(new Date(Date.UTC(Math.floor(index / 12), index % 12, 1)));
  function monthOf(days) {
    const date = new Date(days * 864e5);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  }
  const plural = (count, one, many = one + "s") => `${plain.format(count)} ${count === 1 ? one : many}`;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const string = (place) => (place === null || place === undefined ? null : data.strings[place]);

  return { data, el, said, oneLine, fold, number, compact, dollars, day, month, monthOf, plural, colour, string };
})();
