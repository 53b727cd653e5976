// The one stream of events. Open only while the page is visible; it comes back by itself and asks for what it missed.
import { live } from './data.js';

const silentMilliseconds = 12_000;

class Stream extends EventTarget {
  constructor() {
    super();
    this.state = 'connecting';
    this.source = null;
    this.attempts = 0;
  }

  start() {
    document.addEventListener('visibilitychange', () => (document.hidden ? this.close() : this.open()));
    addEventListener('online', () => this.retry());
    addEventListener('pagehide', () => this.close());
    addEventListener('pageshow', (event) => { if (event.persisted) this.open(); });
    if (!document.hidden) this.open();
  }

  open() {
    this.close();
    const source = new EventSource(`/api/v1/overview/stream?after=${encodeURIComponent(live.lastID ?? '')}`);
    this.source = source;
    source.onopen = () => { this.attempts = 0; };
    source.onerror = () => this.failed();
    const on = (name, take) => source.addEventListener(name, (event) => {
      let value;
      try { value = JSON.parse(event.data); } catch { return; }
      this.become('live');
      take.call(live, value);
      if (event.lastEventId) live.lastID = event.lastEventId;
    });
    on('snapshot', live.takeSnapshot);
    on('frame', live.takeFrame);
    on('status', live.takeStatus);
    on('beat', live.heard);
    // An open stream that says nothing is as lost as a closed one.
    this.watch = setInterval(() => { if (Date.now() - live.receivedAt > silentMilliseconds) this.failed(); }, 3000);
  }

  close() {
    clearInterval(this.watch);
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }

  failed() {
    this.close();
    this.become('lost');
    this.attempts += 1;
    this.again = setTimeout(() => this.open(), Math.min(8000, 500 * 2 ** Math.min(this.attempts, 5)));
  }

  retry() { if (this.state === 'lost') { this.attempts = 0; this.open(); } }

  become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

export const stream = new Stream();
