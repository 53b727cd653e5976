// <apus-verdict>: what is wrong, since when, who it may be, and the way there. The first thing on the page.
import { clockTime, dayTime, span } from './format.js';
import { live } from './data.js';
import { view } from './view.js';
import { palette, prepare, ceilingOf } from './plot.js';
import { put } from './chart.js';
import { stream } from './stream.js';

class ApusVerdict extends HTMLElement {
  connectedCallback() {
    this.headline = this.querySelector('h1');
    this.insertAdjacentHTML('beforeend', '<p class="what"></p><ul class="findings"></ul><p class="spoken" role="status"></p>');
    [this.what, this.list, this.spoken] = ['.what', '.findings', '.spoken'].map((s) => this.querySelector(s));
  }

  render() {
    const { level, findings, checked, collecting } = live.status;
    const lost = stream.state === 'lost';
    // What lasts is counted up to where it was last seen.
    this.now = lost ? live.lastTime ?? live.now : live.now;
    if (this.dataset.level !== level) this.dataset.level = level;
    const [text, what] = this.words(level, findings, checked, collecting);
    put(this.headline, text);
    put(this.what, lost ? `As it was ${span(live.now - (live.lastTime ?? live.now))} ago. ${what}` : what);
    const key = JSON.stringify(findings.map((f) => [f.text, f.detail, f.since, f.suspects, f.level]));
    if (key !== this.key) {
      this.key = key;
      this.list.replaceChildren(...findings.map((f) => this.item(f)));
      const said = findings.map((f) => f.text).join('. ') || (collecting ? '' : 'All fine');
      put(this.spoken, said);
    }
    for (const age of this.list.querySelectorAll('.since')) put(age, `for ${span(this.now - Number(age.dataset.since))}`);
    for (const item of this.list.children) this.drawOnset(item);
    put2title(findings.length ? `${findings[0].text} – ${live.snapshot.name}` : `${live.snapshot.name} – Apus`);
  }

  words(level, findings, checked, collecting) {
    if (findings.length) {
      const worst = findings[0];
      const since = worst.since ? ` for ${span(this.now - worst.since)}` : '';
      const more = findings.length > 1 ? `, and ${findings.length - 1} more` : '';
      return [`${worst.text}${since}: ${worst.suspects[0] ?? worst.detail}${more}`, ''];
    }
    if (collecting) return ['Collecting the first figures', 'The second measurement comes a quarter of a second after the first; rates need two.'];
    return ['All fine', checked.length > 1 ? `Looked at ${checked.slice(0, -1).join(', ')} and ${checked.at(-1)}.` : ''];
  }

  item(finding) {
    const item = document.createElement('li');
    item.dataset.state = finding.level;
    item.finding = finding;
    item.innerHTML = '<canvas width="144" height="32" aria-hidden="true"></canvas><div><b></b> <span class="since"></span> <span class="detail"></span><span class="suspects"></span><span class="advice"></span></div><button type="button" class="go">Show</button>';
    item.querySelector('b').textContent = finding.text;
    const since = item.querySelector('.since');
    if (finding.since) { since.dataset.since = finding.since; since.title = `since ${dayTime(finding.since)}`; } else since.remove();
    item.querySelector('.detail').textContent = finding.detail;
    item.querySelector('.suspects').textContent = finding.suspects.join(' · ');
    item.querySelector('.advice').textContent = finding.advice;
    const button = item.querySelector('.go');
    button.setAttribute('aria-label', finding.since ? `Show ${finding.text} at its beginning, ${clockTime(finding.since)}` : `Show ${finding.text}`);
    button.addEventListener('click', () => {
      const place = document.getElementById(`chart-${finding.chart}`);
      if (finding.since) view.set({ cursor: finding.since }, 'cursor');
      place?.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
      place?.focus({ preventScroll: true });
    });
    return item;
  }

  // A line of the last minutes with the level that was passed, and a mark where it began.
  drawOnset(item) {
    const { chart: id, since, threshold } = item.finding;
    const canvas = item.firstElementChild;
    const chart = live.snapshot.charts.find((c) => c.id === id);
    canvas.hidden = !chart || !since || threshold === null;
    if (canvas.hidden) return;
    const context = canvas.getContext('2d');
    const to = live.lastTime ?? live.now;
    const from = Math.min(to - 60_000, Math.max(live.frames.times[0] ?? 0, since - (to - since) - 30_000));
    const lines = id === 'pressure' ? { ...chart, lines: chart.lines.filter(([line]) => item.finding.text.toLowerCase().endsWith(line.slice(4).replace('io', 'disks'))) }
      : { ...chart, lines: chart.lines.filter(([line]) => !['cpu.iowait', 'mem.cache', 'mem.free'].includes(line)) };
    const prepared = prepare(live.frames, lines, from, to);
    const ceiling = ceilingOf(chart, prepared, chart.ceiling === 'memory' ? live.status.memory : 0);
    const x = (t) => ((t - from) / (to - from)) * canvas.width;
    const y = (v) => canvas.height - (Math.min(v, ceiling) / ceiling) * (canvas.height - 2);
    const colours = palette();
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = colours.lines[1];
    context.beginPath();
    context.moveTo(x(live.frames.times[prepared.start] ?? from), canvas.height);
    for (let i = prepared.start; i < prepared.end; i++) {
      const sum = prepared.shown.reduce((total, line) => total + (line.values[i] || 0), 0);
      context.lineTo(x(live.frames.times[i]), y(sum));
    }
    context.lineTo(x(live.frames.times[prepared.end - 1] ?? to), canvas.height);
    context.fill();
    context.strokeStyle = colours.bad;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(0, y(threshold));
    context.lineTo(canvas.width, y(threshold));
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = colours.text;
    context.fillRect(x(since) - 1, 0, 2, canvas.height);
  }
}

function put2title(text) { if (document.title !== text) document.title = text; }

customElements.define('apus-verdict', ApusVerdict);
