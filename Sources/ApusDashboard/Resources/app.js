// Puts the page together: the snapshot out of the page first, then the stream; one frame of drawing for all that changed.
import { parts, span, words } from './format.js';
import { view } from './view.js';
import { live } from './data.js';
import { fetchHistory } from './history.js';
import { stream } from './stream.js';
import { forgetPalette } from './plot.js';
import { put } from './chart.js';
import { listenToKeys, showKeys } from './keys.js';

const liveSeconds = 900;
const [bar, verdict, vitals, changes] = ['apus-bar', 'apus-verdict', 'apus-vitals', 'apus-changes'].map((name) => document.querySelector(name));
const place = document.getElementById('charts');
// Frames of a longer range, with what they were asked for; null while the live ones serve.
let past = null;
let asked = null;
let askedAbort = null;
let failed = '';
let scheduled = false;

function build() {
  const focused = document.activeElement?.id;
  put(document.getElementById('host'), live.snapshot.name);
  place.replaceChildren(...live.snapshot.rows.map((row) => {
    const section = document.createElement('section');
    section.id = `row-${row.id}`;
    section.setAttribute('aria-labelledby', `title-${row.id}`);
    section.innerHTML = `<header><h2 id="title-${row.id}"></h2><p></p></header><div class="grid"></div>`;
    section.querySelector('h2').textContent = row.title;
    section.querySelector('p').textContent = row.sentence;
    const grid = section.querySelector('.grid');
    for (const chart of live.snapshot.charts.filter((c) => c.row === row.id)) {
      const element = document.createElement('apus-chart');
      element.setup(chart);
      grid.append(element);
    }
    if (row.id === 'storage') grid.append(document.createElement('apus-filesystems'));
    return section;
  }));
  document.querySelector('.rail').innerHTML = live.snapshot.rows.map((row) => `<a href="#row-${row.id}">${icons[row.id]}<span>${shortNames[row.id]}</span></a>`).join('');
  filter();
  if (focused?.startsWith('chart-')) document.getElementById(focused)?.focus({ preventScroll: true });
}

const shortNames = { processor: 'CPU', storage: 'Disks', network: 'Network', apus: 'Apus' };
const icon = (path) => `<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="${path}"/></svg>`;
const icons = {
  processor: icon('M7 7h10v10H7zM10 2v3M14 2v3M10 19v3M14 19v3M2 10h3M2 14h3M19 10h3M19 14h3'),
  storage: icon('M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0'),
  network: icon('M7 4v14M3 14l4 5 4-5M17 20V6M13 10l4-5 4 5'),
  apus: icon('M2 7c5 0 8 2 10 6 2-4 5-6 10-6-4 2-5 5-7 10l-3-3-3 3C7 12 6 9 2 7z'),
};

// The time range in view, and the frames that cover it.
function viewed() {
  const first = live.frames.times[0] ?? live.now;
  const end = view.frozenAt ?? live.lastTime ?? live.now;
  if (view.isFixed) {
    const covered = view.from >= first - 5000;
    return { from: view.from, to: view.to, frames: covered ? live.frames : past?.frames, needed: !covered };
  }
  if (view.seconds <= liveSeconds) {
    // The window grows with its data, so that there is never a blank axis.
    return { from: Math.max(end - view.seconds * 1000, Math.min(first, end - 10_000)), to: end, frames: live.frames, needed: false };
  }
  return { from: end - view.seconds * 1000, to: end, frames: past?.frames, needed: true };
}

// Asks for the past when the range needs it and what is there is not it, or is old.
function keepPast({ from, to, needed }) {
  if (!needed) { askedAbort?.abort(); asked = past = null; failed = ''; return; }
  const key = view.isFixed ? `${view.from}-${view.to}` : view.range;
  const lifetime = Math.max(30_000, (to - from) / 300);
  if (asked?.key === key && (view.isFixed || view.paused || Date.now() - asked.at < lifetime)) return;
  askedAbort?.abort();
  askedAbort = new AbortController();
  const request = asked = { key, at: Date.now() };
  if (past?.key !== key) past = null;
  fetchHistory(live.snapshot, live.status.selector, from, to, askedAbort.signal).then((frames) => {
    if (asked !== request) return;
    past = { key, frames, from, to };
    failed = '';
    schedule();
  }, (error) => {
    if (asked !== request) return;
    failed = `The past could not be read: ${error.message}`;
    schedule();
  });
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => { scheduled = false; render(); });
}

function render() {
  const seen = viewed();
  keepPast(seen);
  let { from, to } = seen;
  if (seen.needed && past && !view.isFixed) ({ from, to } = past);
  const frames = seen.frames ?? live.frames;
  document.body.classList.toggle('loading', seen.needed && !past);
  for (const element of place.querySelectorAll('apus-chart')) {
    const message = seen.needed && !element.chart.queries.length ? 'Kept for the last 15 min only.'
      : seen.needed && !past ? failed || 'Reading the past …' : live.status.collecting ? 'Collecting the first figures.' : '';
    element.show({ frames, from, to, message, selection: view.selection });
  }
  verdict.render();
  vitals.render();
  bar.render();
  foot();
}

function foot() {
  const memory = live.latest('own.memory');
  const cpu = live.latest('own.cpu');
  const [cost, unit] = parts(cpu, 'percent');
  const uses = [cpu === null ? '' : `${cost} ${unit} of one core`, memory === null ? '' : words(memory, 'bytes')].filter(Boolean).join(' and ');
  put(document.getElementById('foot'), `Apus ${live.snapshot.version}, up ${span(live.now - live.snapshot.startedAt)}${uses ? `, uses ${uses}` : ''}. Times are of this device's zone.`);
}

function filter() {
  const text = view.filter.toLowerCase();
  for (const section of place.children) {
    let any = false;
    for (const element of section.querySelector('.grid').children) {
      const about = element.chart ? [element.chart.title, element.chart.row, ...element.chart.channels.map(([id, label]) => `${id} ${label}`)].join(' ') : `file systems disk space ${live.status.filesystems.map((f) => f.mount).join(' ')}`;
      element.hidden = Boolean(text) && !about.toLowerCase().includes(text);
      any ||= !element.hidden;
    }
    section.hidden = !any;
  }
}

function whatChanged() {
  const { from, to, frames } = viewed();
  if (frames) changes.show(frames, live.snapshot.charts.filter((c) => c.row !== 'apus'), from, view.cursor ?? to);
}

live.addEventListener('layout', () => { build(); schedule(); });
live.addEventListener('frame', () => { if (!view.paused || live.status.findings.length) schedule(); });
live.addEventListener('status', schedule);
let counting = 0;
stream.addEventListener('state', () => {
  document.body.dataset.stream = stream.state;
  clearInterval(counting);
  // The age of what is shown is counted while nothing comes that would draw it.
  if (stream.state === 'lost') counting = setInterval(() => { if (!document.hidden) schedule(); }, 1000);
  schedule();
});
view.addEventListener('change', ({ detail }) => {
  if (detail === 'filter') filter();
  if (detail === 'help') return showKeys();
  if (detail === 'changed') return whatChanged();
  schedule();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { forgetPalette(); schedule(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) schedule(); });

listenToKeys(bar);
live.takeSnapshot(JSON.parse(document.getElementById('snapshot').textContent));
render();
stream.start();
