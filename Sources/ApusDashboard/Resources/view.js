// What is being looked at: range, cursor, filter, pause. All of it but the pause is in the address.

export const ranges = [
  ['5m', '5 min', 300], ['15m', '15 min', 900], ['1h', '1 h', 3600], ['6h', '6 h', 21600], ['24h', '24 h', 86400], ['7d', '7 d', 604800],
];

class View extends EventTarget {
  constructor() {
    super();
    this.range = '15m';
    this.from = null;
    this.to = null;
    this.cursor = null;
    this.filter = '';
    this.paused = false;
    this.frozenAt = null;
    this.read();
    addEventListener('popstate', () => { this.read(); this.announce('range'); });
  }

  read() {
    const query = new URLSearchParams(location.search);
    const number = (key) => { const n = Number(query.get(key)); return query.has(key) && Number.isFinite(n) && n > 0 ? n : null; };
    const range = query.get('range');
    this.range = ranges.some(([id]) => id === range) ? range : '15m';
    this.from = number('from');
    this.to = number('to');
    if (this.from === null || this.to === null || this.to - this.from < 1000) this.from = this.to = null;
    this.cursor = number('at');
    this.filter = query.get('q') ?? '';
  }

  get isFixed() { return this.from !== null; }
  get seconds() { return ranges.find(([id]) => id === this.range)[2]; }

  set(changes, what = 'range') {
    Object.assign(this, changes);
    this.write();
    this.announce(what);
  }

  announce(what) { this.dispatchEvent(new CustomEvent('change', { detail: what })); }

  // Later, and seldom: a moving cursor changes it with each move.
  write() {
    clearTimeout(this.pending);
    this.pending = setTimeout(() => {
      const query = new URLSearchParams();
      if (this.range !== '15m') query.set('range', this.range);
      if (this.isFixed) { query.set('from', Math.round(this.from)); query.set('to', Math.round(this.to)); }
      if (this.cursor !== null) query.set('at', Math.round(this.cursor));
      if (this.filter) query.set('q', this.filter);
      const text = query.toString();
      history.replaceState(null, '', (text ? `?${text}` : location.pathname) + location.hash);
    }, 150);
  }

  zoom(from, to) { if (to - from >= 1000) this.set({ from, to }); }
  unzoom() { this.set({ from: null, to: null, cursor: null }); }

  pause(now) { this.set({ paused: !this.paused, frozenAt: this.paused ? null : now }, 'pause'); }
}

export const view = new View();
