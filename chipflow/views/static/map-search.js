// Search over leads: every word of the query has to be found; where none is, near spellings are.
"use strict";
chipflow.Search = class {
  static SHORTEST = 4; // letters of a word that may be misspelt
  static MOST_NEAR = 6; // near spellings that are named

  // texts: for each lead all that it may be found by; codes: for each lead its country codes.
  constructor(texts, codes) {
    this.texts = texts.map(chipflow.fold);
    this.codes = codes.map((one) => new Set([...one].map((code) => code.toLowerCase())));
    this.known = new Set(this.codes.flatMap((one) => [...one]));
    this.vocabulary = null;
  }

  // Returns {passes: (place) => boolean, near: spellings used in place of a word that is nowhere}.
  find(query) {
    const near = [];
    const tests = chipflow.fold(query).split(/\s+/).filter(Boolean).map((word) => {
      if (word.length === 2 && this.known.has(word)) return (place) => this.codes[place].has(word);
      // A code of the Harmonised System is written with and without dots.
      const asked = /^\d[\d.]+$/.test(word) ? word.replaceAll(".", "") : word;
      if (this.texts.some((text) => text.includes(asked))) return (place) => this.texts[place].includes(asked);
      const spellings = this.nearTo(asked);
      near.push(...spellings);
      return (place) => spellings.some((one) => this.words(place).has(one));
    });
    return { passes: (place) => tests.every((test) => test(place)), near: [...new Set(near)].slice(0, chipflow.Search.MOST_NEAR) };
  }

  words(place) {
    this.split ??= new Map();
    if (!this.split.has(place)) this.split.set(place, new Set(this.texts[place].split(/[^\p{L}\p{N}]+/u)));
    return this.split.get(place);
  }

  // Words one step away, two for long words: a letter more, less, other, or two changed round.
  nearTo(word) {
    if (word.length < chipflow.Search.SHORTEST) return [];
    this.vocabulary ??= [...new Set(this.texts.flatMap((_, place) => [...this.words(place)]))].filter((one) => one.length >= chipflow.Search.SHORTEST - 1);
    const most = word.length < 7 ? 1 : 2;
    const found = this.vocabulary.map((one) => [chipflow.Search.distance(word, one, most), one]).filter(([far]) => far <= most);
    const best = found.reduce((least, [far]) => Math.min(least, far), most);
    return found.filter(([far]) => far === best).map(([, one]) => one).sort();
  }

  // Optimal string alignment distance, given up above a bound.
  static distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let [before, row] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, change);
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
      }
      if (Math.min(...next) > most) return most + 1;
      [before, row] = [row, next];
    }
    return row[b.length];
  }
};
