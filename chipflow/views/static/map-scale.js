// What the colours mean: the evidence score in five steps, the q-value in fixed ones, or the lead.
"use strict";
chipflow.Scale = class {
  // Upper ends of the steps from strong to weak, as usually quoted for a false discovery rate.
  static Q_STEPS = [0.01, 0.05, 0.1, 0.25];
  static STEPS = 5;
  static HUES = 8; // colours that are told apart with any kind of colour vision
  static FEW = 12; // leads; with more the colours of single leads say little
  static TELLS = 0.6; // share of the leads that one step may hold where q-values tell leads apart
  static KINDS = ["q", "evidence", "lead"];

  constructor(leads) {
    this.leads = leads;
    this.scores = leads.score.filter((score) => score !== null).sort((a, b) => a - b);
    this.weaker = new Map();
    this.scores.forEach((score, i) => this.weaker.has(score) || this.weaker.set(score, i));
    this.hasQ = leads.q_value.some((q) => q !== null);
    const steps = leads.q_value.map((q) => chipflow.Scale.stepOfQ(q));
    const largest = Math.max(0, ...[...new Set(steps)].map((step) => steps.filter((one) => one === step).length));
    const tells = this.hasQ && largest <= chipflow.Scale.TELLS * steps.length;
    this.usual = tells ? "q" : steps.length <= chipflow.Scale.FEW ? "lead" : "evidence";
    this.by = this.usual;
    this.shown = leads.score.map((_, i) => i);
  }

  offers(kind) {
    return chipflow.Scale.KINDS.includes(kind) && (kind !== "q" || this.hasQ);
  }

  // Hues go to the best leads that are shown.
  show(visible) {
    this.shown = visible;
    this.places = new Map(visible.slice(0, chipflow.Scale.HUES).map((i, place) => [i, place]));
  }

  // The name of a lead's colour in the palette.
  nameOf(i) {
    if (this.by === "lead") return this.places?.has(i) ? `lead-${this.places.get(i)}` : "flow";
    const step = this.stepOf(i);
    return step === null ? "flow" : `evidence-${step}`;
  }

  // 4 is the strongest, 0 the weakest, null where the quantity is missing.
  stepOf(i) {
    return this.by === "q" ? chipflow.Scale.stepOfQ(this.leads.q_value[i]) : this.stepOfScore(this.leads.score[i]);
  }

  static stepOfQ(q) {
    if (q === null) return null;
    const place = chipflow.Scale.Q_STEPS.findIndex((end) => q <= end);
    return place < 0 ? 0 : chipflow.Scale.STEPS - 1 - place;
  }

  // About equally many leads in each step: one strong lead would else leave all others palest.
  stepOfScore(score) {
    if (score === null) return null;
    if (this.scores[0] === this.scores[this.scores.length - 1]) return 3;
    const place = this.weaker.get(score) ?? 0;
    return Math.min(4, Math.floor((chipflow.Scale.STEPS * place) / Math.max(this.scores.length - 1, 1)));
  }

  // What the legend writes: a title, and each step's colour and text.
  words() {
    const { number } = chipflow;
    const evidence = [0, 1, 2, 3, 4].map((step) => `evidence-${step}`);
    if (this.by === "lead") {
      const own = this.shown.slice(0, chipflow.Scale.HUES);
      const others = this.shown.length > own.length;
      return { title: "Colour: lead, by its rank", steps: [...own.map((i, place) => [`lead-${place}`, number(this.leads.rank[i])]), ...(others ? [["flow", "others"]] : [])], hint: "The best leads that are shown have a colour each" };
    }
    if (this.by === "q") {
      const [first, ...others] = chipflow.Scale.Q_STEPS;
      const ends = [`> ${others[others.length - 1]}`, ...[...others].reverse().map(String), String(first)];
      return { title: "q-value: share of such leads that chance alone may explain", steps: [...(this.leads.q_value.includes(null) ? [["flow", "none"]] : []), ...evidence.map((name, i) => [name, ends[i]])], hint: "At most the number below each step" };
    }
    const [low, high] = this.scores.length ? [this.scores[0], this.scores[this.scores.length - 1]] : [0, 0];
    return { title: "Evidence score, in fifths of the leads", steps: evidence.map((name, i) => [name, i === 0 ? number(low) : i === 4 ? number(high) : ""]), hint: "Five steps with about equally many leads" };
  }
};
