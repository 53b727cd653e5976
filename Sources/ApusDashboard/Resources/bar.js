// <apus-bar>: time range, search, pause, theme, and whether the stream lives.
import { clockTime, dayTime, span } from './format.js';
import { ranges, view } from './view.js';
import { live } from './data.js';
import { stream } from './stream.js';
import { forgetPalette } from './plot.js';
import { put } from './chart.js';

const themes = ['system', 'light', 'dark'];

// What was chosen here before; a browser that keeps nothing follows the system.
function storedTheme() {
  try { return localStorage.getItem('apus-theme') ?? 'system'; } catch { return 'system'; }
}

export function applyTheme(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
  try { localStorage.setItem('apus-theme', theme); } catch { /* private window: kept for this page only */ }
  forgetPalette();
  view.announce('theme');
}

class ApusBar extends HTMLElement {
  connectedCallback() {
    const buttons = ranges.map(([id, name]) => `<button type="button" data-range="${id}">${name}</button>`).join('');
    this.innerHTML = `<div class="ranges" role="group" aria-label="Time range">${buttons}</div>
<label class="search"><span class="unseen">Search the charts</span><input type="search" placeholder="Search  /" autocomplete="off" spellcheck="false"></label>
<div class="tools"><button type="button" class="changed">What changed?</button><button type="button" class="pause">Pause</button><button type="button" class="theme"></button><button type="button" class="help" aria-label="Keys">?</button></div>
<p class="health"><i aria-hidden="true"></i><span></span></p>`;
    [this.search, this.pauseButton, this.themeButton, this.healthText] = ['input', '.pause', '.theme', '.health span'].map((s) => this.querySelector(s));
    this.health = this.querySelector('.health');
    this.search.value = view.filter;
    this.theme = themes.includes(storedTheme()) ? storedTheme() : 'system';
    if (this.theme !== 'system') applyTheme(this.theme);
    this.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button?.dataset.range) view.set({ range: button.dataset.range, from: null, to: null });
      else if (button === this.pauseButton) view.pause(live.lastTime);
      else if (button === this.themeButton) this.nextTheme();
      else if (button?.classList.contains('help')) view.announce('help');
      else if (button?.classList.contains('changed')) view.announce('changed');
    });
    this.search.addEventListener('input', () => view.set({ filter: this.search.value.trim() }, 'filter'));
    this.render();
  }

  nextTheme() {
    this.theme = themes[(themes.indexOf(this.theme) + 1) % themes.length];
    applyTheme(this.theme);
    this.render();
  }

  render() {
    for (const button of this.querySelectorAll('[data-range]')) {
      const pressed = String(!view.isFixed && button.dataset.range === view.range);
      if (button.getAttribute('aria-pressed') !== pressed) button.setAttribute('aria-pressed', pressed);
    }
    put(this.pauseButton, view.paused ? 'Resume' : 'Pause');
    put(this.themeButton, { system: 'Auto', light: 'Light', dark: 'Dark' }[this.theme]);
    const name = `Theme: ${this.theme === 'system' ? 'as the system has it' : this.theme}`;
    if (this.themeButton.title !== name) { this.themeButton.title = name; this.themeButton.setAttribute('aria-label', `${this.themeButton.textContent}, ${name}`); }
    const [state, text] = this.healthWords();
    if (this.health.dataset.state !== state) this.health.dataset.state = state;
    put(this.healthText, text);
  }

  healthWords() {
    const age = live.lastTime === null ? null : Math.max(0, live.now - live.lastTime);
    if (stream.state === 'lost') return ['bad', `No data for ${span(age ?? Date.now() - live.receivedAt)}, trying again`];
    if (view.paused) return ['warn', `Paused at ${clockTime(view.frozenAt ?? live.now)}`];
    if (view.isFixed) return ['warn', `${dayTime(view.from)} for ${span(view.to - view.from)}; double click returns`];
    if (Math.abs(live.offset) > 30_000) return ['warn', `This device's clock is ${span(Math.abs(live.offset))} ${live.offset > 0 ? 'behind' : 'ahead'}`];
    if (stream.state === 'connecting') return ['waiting', 'Connecting'];
    if (live.lastTime === null) return ['waiting', 'Connected, nothing measured yet'];
    const collected = live.frames.times.length ? live.lastTime - live.frames.times[0] : 0;
    if (collected < 60_000) return ['ok', `Live, collecting: ${span(collected)} so far`];
    return ['ok', 'Live'];
  }
}

customElements.define('apus-bar', ApusBar);
