// The last minutes, as they come: times in one column, each channel in one beside it. NaN where there is no value.

const keptMilliseconds = 16 * 60_000;

export class Frames {
  constructor(gap) {
    this.gap = gap;
    this.times = [];
    this.columns = new Map();
    this.labels = new Map();
  }

  // The lines of a chart, in order: [{id, label, values}].
  lines(chart) {
    const found = [];
    for (const [id, label] of chart.lines) {
      if (!id.endsWith('.')) {
        if (this.columns.has(id)) found.push({ id, label, values: this.columns.get(id) });
        continue;
      }
      for (const [channel, values] of this.columns) {
        if (!channel.startsWith(id)) continue;
        const device = channel.slice(id.length);
        found.push({ id: channel, device, label: label ? `${device} ${label}` : device, short: label || device, values });
      }
    }
    const devices = new Set(found.map((line) => line.device));
    if (devices.size === 1 && !devices.has(undefined)) for (const line of found) line.label = line.short;
    return found;
  }

  // Index of the first time that is not before `time`.
  indexFrom(time) {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < time) low = middle + 1; else high = middle;
    }
    return low;
  }

  // Index of the time nearest to `time`, -1 when none is within a gap.
  nearest(time) {
    const after = this.indexFrom(time);
    let best = -1;
    for (const i of [after - 1, after]) {
      if (i < 0 || i >= this.times.length) continue;
      if (best < 0 || Math.abs(this.times[i] - time) < Math.abs(this.times[best] - time)) best = i;
    }
    return best >= 0 && Math.abs(this.times[best] - time) <= this.gap ? best : -1;
  }
}

class Live extends EventTarget {
  constructor() {
    super();
    this.snapshot = null;
    this.status = null;
    this.frames = new Frames(35_000);
    this.lastID = null;
    // Server's clock minus ours.
    this.offset = 0;
    this.receivedAt = 0;
  }

  // The server's time now.
  get now() { return Date.now() + this.offset; }

  get lastTime() { return this.frames.times.at(-1) ?? null; }

  takeSnapshot(snapshot) {
    this.snapshot = snapshot;
    this.lastID = snapshot.id;
    this.offset = snapshot.now - Date.now();
    this.order = snapshot.charts.flatMap((chart) => chart.channels.map(([id]) => id));
    this.frames = new Frames(snapshot.gap);
    this.frames.times = snapshot.times;
    this.order.forEach((id, i) => this.frames.columns.set(id, snapshot.values[i].map((v) => v ?? NaN)));
    this.status = snapshot.status;
    this.heard();
    this.dispatchEvent(new Event('layout'));
  }

  takeFrame(frame) {
    this.heard();
    if (!this.snapshot || frame.l !== this.snapshot.layout || frame.t <= (this.lastTime ?? 0)) return;
    this.frames.times.push(frame.t);
    this.order.forEach((id, i) => this.frames.columns.get(id).push(frame.v[i] ?? NaN));
    if (this.frames.times.length > 60 && this.frames.times[50] < frame.t - keptMilliseconds) {
      this.frames.times.splice(0, 50);
      for (const values of this.frames.columns.values()) values.splice(0, 50);
    }
    this.dispatchEvent(new Event('frame'));
  }

  takeStatus(status) {
    this.heard();
    this.status = status;
    this.dispatchEvent(new Event('status'));
  }

  heard() { this.receivedAt = Date.now(); }

  latest(id) {
    const value = this.frames.columns.get(id)?.at(-1);
    return Number.isFinite(value) ? value : null;
  }

  // The newest values of channels, added up; an id with a dot at its end stands for all devices.
  total(ids) {
    let sum = null;
    for (const id of ids) {
      for (const channel of id.endsWith('.') ? [...this.frames.columns.keys()].filter((c) => c.startsWith(id)) : [id]) {
        const value = this.latest(channel);
        if (value !== null) sum = (sum ?? 0) + value;
      }
    }
    return sum;
  }
}

export const live = new Live();
