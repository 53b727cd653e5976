// <apus-changes>: what else changed at the cursor, the series that left their usual band the farthest first.
import { clockTime, words } from './format.js';
import { view } from './view.js';

// How far the values about `time` are outside the band in which nine tenths of the earlier values lie, in widths of that band.
export function rankChanges(frames, charts, from, time) {
  const half = Math.max(5000, (time - from) / 60);
  const [first, begin, end] = [frames.indexFrom(from), frames.indexFrom(time - half), frames.indexFrom(time + half)];
  const found = [];
  for (const chart of charts) {
    for (const line of frames.lines(chart)) {
      const before = line.values.slice(first, begin).filter(Number.isFinite).sort((a, b) => a - b);
      const here = line.values.slice(begin, end).filter(Number.isFinite);
      if (before.length < 8 || !here.length) continue;
      const low = before[Math.floor(before.length * 0.05)];
      const high = before[Math.floor(before.length * 0.95)];
      const mean = here.reduce((sum, v) => sum + v, 0) / here.length;
      const floor = { percent: 1, bytes: 16e6, bytesPerSecond: 50e3, count: 0.2, perSecond: 5, seconds: 0.005 }[chart.unit] ?? 1;
      const width = Math.max(high - low, floor, Math.abs(high) * 0.02);
      const distance = Math.max(mean - high, low - mean) / width;
      if (distance > 1) found.push({ chart, line, mean, low, high, distance });
    }
  }
  return found.sort((a, b) => b.distance - a.distance).slice(0, 5);
}

class ApusChanges extends HTMLElement {
  connectedCallback() { this.hidden = true; }

  show(frames, charts, from, time) {
    const found = rankChanges(frames, charts, from, time);
    this.hidden = false;
    this.innerHTML = '<div class="head"><h2></h2><button type="button" class="quiet">Close</button></div><ol></ol>';
    this.querySelector('h2').textContent = `What changed at ${clockTime(time)}`;
    this.querySelector('button').addEventListener('click', () => { this.hidden = true; });
    const list = this.querySelector('ol');
    for (const { chart, line, mean, low, high } of found) {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.href = `#chart-${chart.id}`;
      link.textContent = `${chart.title}, ${line.label}`;
      const text = document.createElement('span');
      text.textContent = ` ${words(mean, chart.unit)}, before ${words(low, chart.unit)} to ${words(high, chart.unit)}`;
      item.append(link, text);
      list.append(item);
    }
    if (!found.length) list.replaceWith('Nothing left its usual band here. Put the cursor where something happened, and have some minutes before it in view.');
    if (view.cursor === null) view.set({ cursor: time }, 'cursor');
    this.querySelector('button').focus({ preventScroll: true });
    this.scrollIntoView({ block: 'nearest' });
  }
}

customElements.define('apus-changes', ApusChanges);
