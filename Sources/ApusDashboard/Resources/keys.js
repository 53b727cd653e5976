// The keyboard, and the list of its keys.
import { ranges, view } from './view.js';
import { live } from './data.js';

const keyList = [
  ['/', 'search the charts'], ['j  k', 'next and previous chart'], ['← →', 'move the cursor in a chart (with shift: farther)'],
  ['Enter', 'the chart as a table'], ['+  −', 'zoom in at the cursor, and back'], ['c', 'what changed at the cursor'],
  ['p', 'pause and resume'], ['1 … 6', 'time range, 5 min to 7 d'], ['t', 'theme'], ['Esc', 'clear search, cursor and zoom'], ['?', 'this list'],
];

export function showKeys() {
  let dialog = document.querySelector('dialog.keys');
  if (!dialog) {
    dialog = document.createElement('dialog');
    dialog.className = 'keys';
    dialog.setAttribute('aria-labelledby', 'keys-title');
    dialog.innerHTML = `<h2 id="keys-title">Keys</h2><dl>${keyList.map(([key, what]) => `<dt>${key}</dt><dd>${what}</dd>`).join('')}</dl><p>Drag over a chart to zoom all of them; double click returns.</p><form method="dialog"><button>Close</button></form>`;
    dialog.querySelector('form').addEventListener('submit', (event) => { event.preventDefault(); dialog.close(); });
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}

function walkCharts(direction) {
  const charts = [...document.querySelectorAll('#charts [id^="chart-"]')].filter((chart) => chart.offsetParent);
  if (!charts.length) return;
  const at = charts.indexOf(document.activeElement?.closest?.('[id^="chart-"]'));
  const next = at < 0 ? (direction > 0 ? 0 : charts.length - 1) : Math.max(0, Math.min(charts.length - 1, at + direction));
  charts[next].focus({ preventScroll: true });
  charts[next].scrollIntoView({ block: 'nearest' });
}

export function listenToKeys(bar) {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const inField = event.target.matches?.('input');
    if (event.key === 'Escape') {
      if (inField) { event.target.value = ''; event.target.blur(); view.set({ filter: '' }, 'filter'); }
      else view.unzoom();
      return;
    }
    if (inField) return;
    const range = ranges[Number(event.key) - 1];
    if (range && event.key.length === 1) view.set({ range: range[0], from: null, to: null });
    else if (event.key === '/') bar.search.focus();
    else if (event.key === '?') showKeys();
    else if (event.key === 'j') walkCharts(1);
    else if (event.key === 'k') walkCharts(-1);
    else if (event.key === 'p') view.pause(live.lastTime);
    else if (event.key === 'c') view.announce('changed');
    else if (event.key === 't') bar.nextTheme();
    else return;
    event.preventDefault();
  });
}
