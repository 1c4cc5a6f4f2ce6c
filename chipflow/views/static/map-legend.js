// The legend, for the page and for pictures: each sign as a drawing with what it means.
"use strict";
chipflow.legend = (drawing, { leads, ports, unplaced, flows, measure }) => {
  const shade = drawing.classes[3];
  const tip = (ink, colour) => {
    ink.fillStyle = colour;
    ink.beginPath();
    ink.moveTo(60, 9);
    ink.lineTo(49, 3.5);
    ink.lineTo(49, 14.5);
    ink.closePath();
    ink.fill();
  };
  const taper = (colour) => (ink) => {
    ink.fillStyle = colour;
    ink.beginPath();
    ink.moveTo(2, 8.2);
    ink.lineTo(50, 6.5);
    ink.lineTo(50, 11.5);
    ink.lineTo(2, 9.8);
    ink.closePath();
    ink.fill();
    tip(ink, colour);
  };
  const dash = (ink) => {
    ink.strokeStyle = shade;
    ink.lineWidth = 2;
    ink.setLineDash([5, 5]);
    ink.beginPath();
    ink.moveTo(2, 9);
    ink.lineTo(50, 9);
    ink.stroke();
    ink.setLineDash([]);
    tip(ink, shade);
  };
  const loop = (ink) => {
    ink.strokeStyle = shade;
    ink.lineWidth = 2;
    ink.beginPath();
    ink.moveTo(31, 17);
    ink.bezierCurveTo(14, -4, 48, -4, 33, 14);
    ink.stroke();
  };
  const square = (ink) => {
    ink.fillStyle = drawing.colours.ink;
    ink.fillRect(27, 5, 8, 8);
  };
  const ring = (ink) => {
    ink.strokeStyle = drawing.colours.ink;
    ink.setLineDash([2, 2]);
    ink.lineWidth = 1.5;
    ink.beginPath();
    ink.arc(31, 9, 5, 0, 7);
    ink.stroke();
    ink.setLineDash([]);
  };
  const signs = [];
  if (leads) {
    signs.push(["Width: chips; from thin to full in the goods' direction", taper(shade)], ["Dashed: inferred, no record states it", dash], ["Loop: inside one country", loop]);
    if (ports) signs.push(["Square: port or airport", square]);
  }
  if (flows) signs.push([`Grey: all trade, width by ${measure}`, taper(drawing.colours.flow)]);
  if (unplaced) signs.push(["Dotted ring: country not recorded", ring]);
  return signs;
};
chipflow.SIGN = { width: 62, height: 18 }; // pixels
