// <apus-chart>: a name, the newest value, the picture, and the table behind it.
import { clockTime, dayTime, parts, words } from './format.js';
import { live } from './data.js';
import { view } from './view.js';
import { ceilingOf, draw, labelRoom, newestIndex, prepare } from './plot.js';

const tableRows = 24;
let visibility = null;

export class ApusChart extends HTMLElement {
  setup(chart) {
    this.chart = chart;
    this.id = `chart-${chart.id}`;
    this.tabIndex = 0;
    this.setAttribute('role', 'group');
    this.classList.toggle('wide', chart.wide);
    this.innerHTML = `<div class="head"><h3></h3><span class="note"></span><p class="reading"><b></b><span class="unit"></span><span class="lead"></span></p><button class="quiet" type="button" aria-pressed="false">Table</button></div>
<div class="picture"><canvas role="img"></canvas><p class="empty" hidden></p></div><div class="table" hidden></div>`;
    const find = (selector) => this.querySelector(selector);
    [this.numberText, this.unitText, this.leadText, this.noteText] = ['b', '.unit', '.lead', '.note'].map(find);
    [this.canvas, this.emptyText, this.tableBox, this.button] = ['canvas', '.empty', '.table', 'button'].map(find);
    this.context = this.canvas.getContext('2d');
    find('h3').textContent = chart.title;
    this.setAttribute('aria-label', chart.title);
    this.button.setAttribute('aria-label', `${chart.title} as a table`);
    this.button.addEventListener('click', () => this.toggleTable());
    this.listen();
  }

  connectedCallback() {
    visibility ??= new IntersectionObserver((entries) => {
      for (const entry of entries) { entry.target.isSeen = entry.isIntersecting; if (entry.isIntersecting) entry.target.render(); }
    }, { rootMargin: '100px' });
    this.isSeen = true;
    visibility.observe(this);
    this.sizes = new ResizeObserver(() => { this.size = null; this.render(); });
    this.sizes.observe(this.canvas);
  }

  disconnectedCallback() {
    visibility?.unobserve(this);
    this.sizes?.disconnect();
  }

  // `what`: frames, from, to, message (said instead of the picture when there is nothing to draw).
  show(what) {
    this.what = what;
    if (this.isSeen) this.render();
  }

  get limit() {
    const { chart } = this;
    if (chart.ceiling === 'memory') return live.status.memory ? { value: live.status.memory, words: '' } : null;
    if (chart.id === 'load' && live.status.cores) return { value: live.status.cores, words: live.status.cores === 1 ? '1 core' : `${live.status.cores} cores` };
    return null;
  }

  measure() {
    if (this.size) return this.size;
    const box = this.canvas.getBoundingClientRect();
    if (!box.width || !box.height) return null;
    const ratio = Math.min(3, devicePixelRatio || 1);
    this.canvas.width = Math.round(box.width * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.size = { width: box.width, height: box.height };
    return this.size;
  }

  render() {
    if (!this.what) return;
    const { frames, from, to, message } = this.what;
    const prepared = prepare(frames, this.chart, from, to, view.isFixed);
    const limit = this.limit;
    this.prepared = prepared;
    const at = view.cursor === null ? newestIndex(prepared) : frames.nearest(view.cursor);
    this.renderReading(prepared, at, message);
    if (!this.tableBox.hidden) return this.renderTable(prepared);
    const size = this.measure();
    if (!size) return;
    this.plot = draw(this.context, size.width, size.height, {
      chart: this.chart, prepared, limit, ceiling: ceilingOf(this.chart, prepared, limit?.value), cursor: view.cursor,
      selection: this.what.selection, ...labelRoom(this.context, this.chart, prepared, size.width),
    });
  }

  renderReading(prepared, at, message) {
    const { chart } = this;
    let sum = null;
    if (at >= 0) {
      for (const line of prepared.shown) {
        if (!chart.headline.some((id) => (id.endsWith('.') ? line.id.startsWith(id) : line.id === id))) continue;
        if (Number.isFinite(line.values[at])) sum = chart.id === 'busy' ? Math.max(sum ?? 0, line.values[at]) : (sum ?? 0) + line.values[at];
      }
      if (sum === null && prepared.idle.length) sum = 0;
    }
    const [number, unit] = parts(sum, chart.unit);
    put(this.numberText, number);
    put(this.unitText, unit);
    const lead = this.leadWords(sum);
    put(this.leadText, view.cursor === null ? lead : `at ${clockTime(view.cursor)}`);
    const note = this.noteWords(prepared);
    put(this.noteText, note);
    if (this.noteText.title !== note) this.noteText.title = note;
    const empty = prepared.shown.length ? '' : message || chart.hint || 'Nothing measured in this range.';
    put(this.emptyText, empty);
    this.emptyText.hidden = !empty;
    const name = `${chart.title}: ${words(sum, chart.unit)} ${lead}`;
    // Read out when asked for; changing it each second would only make work.
    if (!this.namedAt || Date.now() - this.namedAt > 10_000) { this.canvas.setAttribute('aria-label', name); this.namedAt = Date.now(); }
  }

  leadWords(sum) {
    const { chart } = this;
    if (chart.id === 'memory' && live.status.memory) return `of ${words(live.status.memory, 'bytes')}`;
    if (chart.id === 'load' && sum !== null && live.status.cores) return `for ${live.status.cores} cores`;
    return chart.lead;
  }

  noteWords(prepared) {
    const { chart } = this;
    if (chart.id === 'memory') return live.status.swapTotal ? `swap ${words(live.status.swapUsed, 'bytes')} of ${words(live.status.swapTotal, 'bytes')}` : 'no swap';
    const idle = [...prepared.idle];
    if (chart.id === 'disk' || chart.id === 'busy') idle.push(...(live.status.idle.disk ?? []));
    if (chart.id === 'network') idle.push(...(live.status.idle.network ?? []));
    if (!idle.length) return '';
    return idle.length > 3 ? `${idle.length} idle` : `idle: ${idle.join(', ')}`;
  }

  toggleTable() {
    this.tableBox.hidden = !this.tableBox.hidden;
    this.querySelector('.picture').hidden = !this.tableBox.hidden;
    this.button.setAttribute('aria-pressed', String(!this.tableBox.hidden));
    this.render();
  }

  renderTable(prepared) {
    const { frames, start, end, shown } = prepared;
    const wanted = [];
    const step = Math.max(1, Math.floor((end - start) / tableRows));
    for (let i = end - 1; i >= start && wanted.length < tableRows; i -= step) wanted.push(i);
    const cell = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
    const head = shown.map((line) => `<th scope="col">${cell(line.label)}</th>`).join('');
    const rows = wanted.map((i) => `<tr><th scope="row" title="${dayTime(frames.times[i])}">${clockTime(frames.times[i])}</th>${shown.map((line) => `<td>${words(line.values[i], this.chart.unit)}</td>`).join('')}</tr>`);
    this.tableBox.innerHTML = `<table><caption>${cell(this.chart.title)}</caption><thead><tr><th scope="col">Time</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
    this.tableBox.tabIndex = 0;
    this.tableBox.setAttribute('role', 'region');
    this.tableBox.setAttribute('aria-label', `${this.chart.title}, table`);
  }

  timeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const { from, to } = this.what;
    const share = (event.clientX - box.left) / (this.plot.right - this.plot.left);
    return from + Math.max(0, Math.min(1, share)) * (to - from);
  }

  listen() {
    let began = null;
    this.canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !this.plot) return;
      began = { x: event.clientX, time: this.timeAt(event), touch: event.pointerType === 'touch' };
      view.set({ cursor: began.time }, 'cursor');
      if (!began.touch) this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (!this.plot || event.pointerType === 'touch' && !began) return;
      const time = this.timeAt(event);
      const selection = began && !began.touch && Math.abs(event.clientX - began.x) > 4 ? [began.time, time] : null;
      view.selection = selection;
      view.set({ cursor: time }, 'cursor');
    });
    this.canvas.addEventListener('pointerup', () => {
      const selection = view.selection;
      began = null;
      view.selection = null;
      if (selection) { view.set({ cursor: null }, 'cursor'); view.zoom(Math.min(...selection), Math.max(...selection)); }
    });
    this.canvas.addEventListener('pointercancel', () => { began = null; view.selection = null; });
    this.canvas.addEventListener('pointerleave', (event) => {
      if (event.pointerType !== 'touch' && !began) view.set({ cursor: null }, 'cursor');
    });
    this.canvas.addEventListener('dblclick', () => view.unzoom());
    this.addEventListener('keydown', (event) => this.pressed(event));
  }

  pressed(event) {
    if (event.target !== this || event.ctrlKey || event.metaKey || event.altKey || !this.what) return;
    const { from, to } = this.what;
    const move = (to - from) / (event.shiftKey ? 10 : 100);
    const at = view.cursor ?? to;
    switch (event.key) {
      case 'ArrowLeft': view.set({ cursor: Math.max(from, at - move) }, 'cursor'); break;
      case 'ArrowRight': view.set({ cursor: Math.min(to, at + move) }, 'cursor'); break;
      case 'Enter': this.toggleTable(); break;
      case '+': { const half = (to - from) / 4; const middle = Math.max(from + half, Math.min(to - half, at)); view.zoom(middle - half, middle + half); break; }
      case '-': view.unzoom(); break;
      default: return;
    }
    event.preventDefault();
  }
}

// Writes only what changed: the browser lays out nothing for the rest.
export function put(element, text) { if (element.textContent !== text) element.textContent = text; }

customElements.define('apus-chart', ApusChart);
