// What the colours mean: the evidence score in five steps, or the q-value in fixed ones.
"use strict";
chipflow.Scale = class {
  // Upper ends of the steps from strong to weak, as usually quoted for a false discovery rate.
  static Q_STEPS = [0.01, 0.05, 0.1, 0.25];
  static STEPS = 5;

  constructor(leads) {
    this.leads = leads;
    this.scores = leads.score.filter((score) => score !== null).sort((a, b) => a - b);
    this.weaker = new Map();
    this.scores.forEach((score, i) => this.weaker.has(score) || this.weaker.set(score, i));
    this.hasQ = leads.q_value.some((q) => q !== null);
    // Where all q-values fall into one step they tell nothing apart: then the score does.
    this.usual = new Set(leads.q_value.filter((q) => q !== null).map((q) => chipflow.Scale.stepOfQ(q))).size > 1 ? "q" : "evidence";
    this.by = this.usual;
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

  // What the legend writes: a title, and the text below each step from weak to strong.
  words() {
    const { number } = chipflow;
    if (this.by === "q") {
      const [first, ...others] = chipflow.Scale.Q_STEPS;
      const ends = [`> ${others[others.length - 1]}`, ...[...others].reverse().map(String), String(first)];
      return { title: "q-value: share of such leads that chance alone may explain", ends, hint: "At most the number below each step" };
    }
    const [low, high] = this.scores.length ? [this.scores[0], this.scores[this.scores.length - 1]] : [0, 0];
    return { title: "Evidence score", ends: [number(low), number(high)], hint: "Five steps with about equally many leads" };
  }
};
