// Draws one chart on a canvas: areas or lines, each labelled where it ends, over a faint grid. No state, no events.
import { clockTime, monthDay, tickText, words } from './format.js';
import { niceEnd, timeTicks } from './scale.js';

const font = '12px system-ui, sans-serif';
const axisHeight = 18;
const topSpace = 13;
// Parts of one whole stand in shades of one colour; what is empty stays faint.
const fixedTone = { 'cpu.system': 6, 'mem.cache': 6, 'mem.free': 0 };

// Below this in the whole range, a line is at rest.
const restBelow = { percent: 0.5, seconds: 0 };

let cachedPalette = null;

// Colours by the style sheet; read again when the theme changes.
export function palette() {
  if (cachedPalette) return cachedPalette;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  cachedPalette = {
    lines: [colour('--data-0'), ...Array.from({ length: 8 }, (_, i) => colour(`--data-${i + 1}`))],
    text: colour('--text'), muted: colour('--muted'), grid: colour('--grid'), mark: colour('--mark'), page: colour('--page'),
    bad: colour('--bad'),
  };
  return cachedPalette;
}

export function forgetPalette() { cachedPalette = null; }

// What there is to draw between two times; lines that are zero throughout are folded away.
// `beyond`: also the point behind the end, so that a line runs to the edge.
export function prepare(frames, chart, from, to, beyond = false) {
  const start = Math.max(0, frames.indexFrom(from) - 1);
  const end = Math.min(frames.times.length, frames.indexFrom(to + 1) + (beyond ? 1 : 0));
  const shown = [];
  const idle = [];
  let tone = 0;
  for (const line of frames.lines(chart)) {
    let high = -Infinity;
    for (let i = start; i < end; i++) if (line.values[i] > high) high = line.values[i];
    if (high === -Infinity) continue;
    tone += 1;
    if (high < (restBelow[chart.unit] ?? 0.005) && chart.lines.length + shown.length > 1) { idle.push(line.label); continue; }
    shown.push({ ...line, high, tone: fixedTone[line.id] ?? ((tone - 1) % 8) + 1 });
  }
  // All at rest: one of them shows the zero.
  if (!shown.length && idle.length) {
    const line = frames.lines(chart)[0];
    shown.push({ ...line, high: Math.max(...line.values.slice(start, end).filter(Number.isFinite)), tone: 1 });
    idle.shift();
  }
  return { frames, start, end, shown: shown.slice(0, 8), idle, from, to };
}

// The end of the vertical axis.
export function ceilingOf(chart, prepared, limit) {
  if (typeof chart.ceiling === 'number') return chart.ceiling;
  let high = 0;
  if (chart.kind === 'stack') {
    const { shown, start, end } = prepared;
    for (let i = start; i < end; i++) high = Math.max(high, shown.reduce((sum, line) => sum + (line.values[i] || 0), 0));
  } else {
    high = prepared.shown.reduce((top, line) => Math.max(top, line.high), 0);
  }
  if (limit) high = chart.kind === 'stack' ? limit : Math.max(high, limit * 1.05);
  if (chart.kind === 'stack' && limit) return limit;
  return niceEnd(high * 1.02, chart.unit);
}

// `spec`: chart, prepared, ceiling, limit ({value, words} or null), cursor, selection ([from, to] or null), gutter.
// Returns the geometry, for the pointer.
export function draw(context, width, height, spec) {
  const { chart, prepared, ceiling } = spec;
  const colours = palette();
  const plot = { left: 0, right: width - spec.gutter, top: topSpace, bottom: height - axisHeight };
  const x = (time) => plot.left + ((time - prepared.from) / (prepared.to - prepared.from)) * (plot.right - plot.left);
  const y = (value) => plot.bottom - (Math.min(value, ceiling) / ceiling) * (plot.bottom - plot.top);
  context.clearRect(0, 0, width, height);
  context.font = font;
  drawTimes(context, plot, x, prepared, colours);
  context.save();
  context.beginPath();
  context.rect(plot.left, 0, plot.right - plot.left + 1, height);
  context.clip();
  if (chart.kind === 'stack') drawStack(context, x, y, prepared, colours); else drawLines(context, x, y, prepared, colours);
  context.restore();
  drawGrid(context, plot, y, ceiling, prepared.shown.length ? chart.unit : null, colours);
  if (spec.limit && spec.limit.value <= ceiling && chart.kind !== 'stack') drawLimit(context, plot, y(spec.limit.value), spec.limit, prepared, colours);
  if (spec.selection) {
    const [a, b] = spec.selection.map((t) => Math.max(plot.left, Math.min(plot.right, x(t))));
    context.fillStyle = colours.mark;
    context.globalAlpha = 0.14;
    context.fillRect(Math.min(a, b), plot.top, Math.abs(b - a), plot.bottom - plot.top);
    context.globalAlpha = 1;
  }
  const at = spec.cursor === null ? newestIndex(prepared) : prepared.frames.nearest(spec.cursor);
  if (spec.cursor !== null) drawCursor(context, plot, x(spec.cursor), spec.cursor, y, prepared, at, chart, colours);
  drawLabels(context, plot, y, prepared, at, chart, colours, width, spec.tall);
  return plot;
}

export function newestIndex(prepared) {
  const last = prepared.frames.indexFrom(prepared.to + 1) - 1;
  return last >= 0 && prepared.frames.times[last] >= prepared.from ? last : -1;
}

function drawGrid(context, plot, y, ceiling, unit, colours) {
  context.lineWidth = 1;
  for (const part of [0, 0.5, 1]) {
    const at = Math.round(y(ceiling * part)) + 0.5;
    context.strokeStyle = colours.grid;
    context.beginPath();
    context.moveTo(plot.left, at);
    context.lineTo(plot.right, at);
    context.stroke();
    if (part === 0 || unit === null) continue;
    const text = tickText(ceiling * part, unit);
    context.textAlign = 'left';
    context.textBaseline = 'bottom';
    // A halo of the page's colour keeps the text readable over data.
    context.strokeStyle = colours.page;
    context.lineWidth = 3;
    context.lineJoin = 'round';
    context.strokeText(text, plot.left + 1, at - 1);
    context.lineWidth = 1;
    context.fillStyle = colours.muted;
    context.fillText(text, plot.left + 1, at - 1);
  }
}

function drawTimes(context, plot, x, prepared, colours) {
  if (!prepared.frames.times.length) return;
  const { ticks, step } = timeTicks(prepared.from, prepared.to, Math.max(2, (plot.right - plot.left) / 80));
  context.fillStyle = colours.muted;
  context.textBaseline = 'alphabetic';
  for (const tick of ticks) {
    const text = step >= 86_400_000 ? monthDay(tick) : clockTime(tick, step < 60_000);
    const half = context.measureText(text).width / 2;
    const at = x(tick);
    if (at - half < plot.left || at + half > plot.right) continue;
    context.textAlign = 'center';
    context.fillText(text, at, plot.bottom + 14);
  }
}

// Walks the points of a line, one for each pixel: the mean of what falls into it for parts of a whole, else the highest.
function walk(prepared, valueAt, x, highest, point, gap) {
  const { frames, start, end } = prepared;
  let pixel = -Infinity;
  let sum = 0;
  let count = 0;
  let high = -Infinity;
  let before = -Infinity;
  const flush = () => { if (count) point(pixel, highest ? high : sum / count); count = 0; sum = 0; high = -Infinity; };
  for (let i = start; i < end; i++) {
    const value = valueAt(i);
    const time = frames.times[i];
    if (!Number.isFinite(value)) continue;
    const at = x(time);
    if (time - before > frames.gap) { flush(); if (before !== -Infinity) gap(); pixel = at; } else if (at - pixel >= 1) { flush(); pixel = at; }
    sum += value;
    count += 1;
    if (value > high) high = value;
    before = time;
  }
  flush();
}

function drawLines(context, x, y, prepared, colours) {
  context.lineJoin = 'round';
  context.lineWidth = 1.5;
  for (const line of [...prepared.shown].reverse()) {
    context.strokeStyle = colours.lines[line.tone];
    context.fillStyle = colours.lines[line.tone];
    context.beginPath();
    let open = false;
    let points = 0;
    let last = null;
    walk(prepared, (i) => line.values[i], x, true, (px, value) => {
      const py = y(value);
      if (open) context.lineTo(px, py); else context.moveTo(px, py);
      open = true;
      points += 1;
      last = [px, py];
    }, () => { open = false; });
    context.stroke();
    if (points === 1) { context.beginPath(); context.arc(last[0], last[1], 2.5, 0, 7); context.fill(); }
  }
}

function drawStack(context, x, y, prepared, colours) {
  const { shown } = prepared;
  const sumTo = (i, n) => {
    let sum = 0;
    for (let k = 0; k <= n; k++) sum += shown[k].values[i] || 0;
    return Number.isFinite(shown[0].values[i]) ? sum : NaN;
  };
  for (let n = shown.length - 1; n >= 0; n--) {
    if (shown[n].tone === 0) continue;
    const runs = [[]];
    walk(prepared, (i) => sumTo(i, n), x, false, (px, value) => runs.at(-1).push(px, y(value)), () => runs.push([]));
    context.fillStyle = colours.lines[shown[n].tone];
    for (const run of runs) {
      if (!run.length) continue;
      context.beginPath();
      // A single point gets a bar of its own.
      context.moveTo(run[0] - (run.length === 2 ? 2 : 0), y(0));
      for (let k = 0; k < run.length; k += 2) context.lineTo(run[k], run[k + 1]);
      if (run.length === 2) context.lineTo(run[0] + 2, run[1]);
      context.lineTo(run.at(-2) + (run.length === 2 ? 2 : 0), y(0));
      context.fill();
    }
  }
}

// Its words stand on the side where the line that counts is not.
function drawLimit(context, plot, at, limit, prepared, colours) {
  const now = prepared.shown[0]?.values[newestIndex(prepared)] ?? 0;
  const below = now > limit.value && plot.bottom - at > 16;
  const py = Math.round(at) + 0.5;
  context.strokeStyle = colours.muted;
  context.lineWidth = 1;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(plot.left, py);
  context.lineTo(plot.right, py);
  context.stroke();
  context.setLineDash([]);
  context.textAlign = 'right';
  context.textBaseline = below ? 'top' : 'bottom';
  context.strokeStyle = colours.page;
  context.lineWidth = 3;
  context.strokeText(limit.words, plot.right - 2, py + (below ? 3 : -1));
  context.fillStyle = colours.muted;
  context.fillText(limit.words, plot.right - 2, py + (below ? 3 : -1));
}

function drawCursor(context, plot, px, time, y, prepared, at, chart, colours) {
  if (px < plot.left || px > plot.right) return;
  context.strokeStyle = colours.mark;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(px) + 0.5, plot.top - 4);
  context.lineTo(Math.round(px) + 0.5, plot.bottom);
  context.stroke();
  const text = clockTime(time);
  const half = context.measureText(text).width / 2 + 4;
  const middle = Math.max(plot.left + half, Math.min(plot.right - half, px));
  context.fillStyle = colours.mark;
  context.fillRect(middle - half, plot.bottom + 2, half * 2, 16);
  context.fillStyle = colours.page;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillText(text, middle, plot.bottom + 14);
  if (at < 0) return;
  let sum = 0;
  for (const line of prepared.shown) {
    const value = line.values[at];
    if (!Number.isFinite(value)) continue;
    sum += value;
    context.fillStyle = colours.page;
    context.beginPath();
    context.arc(px, y(chart.kind === 'stack' ? sum : value), 4, 0, 7);
    context.fill();
    context.fillStyle = colours.lines[line.tone];
    context.beginPath();
    context.arc(px, y(chart.kind === 'stack' ? sum : value), 2.5, 0, 7);
    context.fill();
  }
}

// Names and values at the right, each as near to its line's end as the others allow; `tall`: the value below its name.
function drawLabels(context, plot, y, prepared, at, chart, colours, width, tall) {
  const spacing = tall ? 29 : 15;
  let sum = 0;
  const labels = prepared.shown.map((line) => {
    const value = at >= 0 ? line.values[at] : NaN;
    const middle = chart.kind === 'stack' ? sum + (value || 0) / 2 : value;
    sum += value || 0;
    return { line, value, at: y(Number.isFinite(middle) ? middle : 0) };
  }).sort((a, b) => a.at - b.at);
  let low = plot.top - 8;
  for (const label of labels) { label.at = Math.max(label.at, low + spacing / 2); low = label.at + spacing / 2; }
  let high = plot.bottom + (tall ? 12 : 6);
  for (const label of [...labels].reverse()) { label.at = Math.min(label.at, high - spacing / 2); high = label.at - spacing / 2; }
  context.textBaseline = 'middle';
  const left = plot.right + 19;
  for (const { line, value, at: middle } of labels) {
    const first = tall ? middle - 6.5 : middle + 0.5;
    context.fillStyle = colours.lines[line.tone];
    context.fillRect(plot.right + 7, first - 4, 8, 8);
    if (line.tone === 0) { context.strokeStyle = colours.muted; context.lineWidth = 1; context.strokeRect(plot.right + 7.5, Math.round(first) - 3.5, 7, 7); }
    const text = Number.isFinite(value) ? words(value, chart.unit) : '–';
    const room = width - left - (tall ? 0 : context.measureText(text).width + 6);
    context.textAlign = 'left';
    context.fillStyle = colours.muted;
    context.fillText(fitted(context, line.label, room), left, first);
    context.textAlign = tall ? 'left' : 'right';
    context.fillStyle = colours.text;
    context.fillText(text, tall ? left : width, tall ? middle + 8 : first);
  }
}

function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let cut = text;
  while (cut.length > 1 && context.measureText(cut + '…').width > room) cut = cut.slice(0, -1);
  return cut + '…';
}

const widestValue = { percent: '100.0 %', bytes: '88.8 MiB', bytesPerSecond: '88.8 MiB/s', seconds: '888 ms', perSecond: '88.8 k/s' };

// The room that a chart's labels need, and whether they stand in two lines.
export function labelRoom(context, chart, prepared, width) {
  if (!prepared.shown.length) return { gutter: 0, tall: false };
  context.font = font;
  const value = Math.ceil(context.measureText(widestValue[chart.unit] ?? '88,888').width);
  const name = Math.ceil(prepared.shown.reduce((most, line) => Math.max(most, context.measureText(line.label).width), 20));
  const tall = width < 460 && prepared.shown.length <= 3;
  return { gutter: Math.min(width * 0.42, tall ? Math.max(name, value) + 20 : name + value + 28), tall };
}
