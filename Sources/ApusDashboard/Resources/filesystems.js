// <apus-filesystems>: how much room is left, in bars with words.
import { parts, words } from './format.js';
import { live } from './data.js';
import { put } from './chart.js';

class ApusFilesystems extends HTMLElement {
  connectedCallback() {
    this.id = 'chart-filesystems';
    this.tabIndex = 0;
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'File systems');
    this.innerHTML = '<div class="head"><h3>File systems</h3><p class="reading"><b></b><span class="unit"></span><span class="lead"></span></p></div><ul></ul><p class="note"></p>';
    live.addEventListener('status', () => this.render());
    live.addEventListener('layout', () => this.render());
    this.render();
  }

  render() {
    const { filesystems, hiddenFilesystems } = live.status;
    const list = filesystems.map((f) => ({ ...f, share: f.used / Math.max(1, f.used + f.available) })).sort((a, b) => b.share - a.share);
    const [number, unit] = parts(list[0]?.available ?? null, 'bytes');
    put(this.querySelector('.reading b'), number);
    put(this.querySelector('.unit'), unit);
    put(this.querySelector('.lead'), list.length > 1 ? `free on ${list[0].mount}` : 'free');
    const items = list.map((f) => {
      const state = f.share > 0.95 ? 'bad' : f.share > 0.9 ? 'warn' : 'ok';
      const word = { bad: f.available > 0 ? 'nearly full' : 'full', warn: 'filling up', ok: '' }[state];
      const item = document.createElement('li');
      item.dataset.state = state;
      item.innerHTML = '<span class="mount"></span><span class="word"></span><span class="room"></span><div class="bar" role="meter" aria-valuemin="0" aria-valuemax="100"><i></i></div>';
      const [mount, wordText, room, bar] = item.children;
      mount.textContent = f.mount;
      mount.title = `${f.device}, ${f.type}`;
      wordText.textContent = word;
      room.textContent = `${words(f.available, 'bytes')} free of ${words(f.used + f.available, 'bytes')}`;
      bar.setAttribute('aria-label', `${f.mount} in use`);
      bar.setAttribute('aria-valuenow', Math.round(f.share * 100));
      bar.setAttribute('aria-valuetext', `${Math.round(f.share * 100)} % in use, ${room.textContent}`);
      bar.firstChild.style.width = `${Math.max(0.5, f.share * 100)}%`;
      return item;
    });
    this.querySelector('ul').replaceChildren(...items);
    const hidden = hiddenFilesystems ? `${hiddenFilesystems} more in memory or of the system, not shown` : '';
    this.querySelector('.note').textContent = items.length ? hidden : live.status.collecting ? 'Collecting the first figures.' : 'No file system of a disk is mounted here.';
  }
}

customElements.define('apus-filesystems', ApusFilesystems);
