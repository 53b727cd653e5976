// Longer ranges, by the API that everybody has: /api/v1/query_range.
import { Frames } from './data.js';

const pointsWanted = 300;

// The frames between two times, for all charts; fails when nothing could be had.
export async function fetchHistory(snapshot, selector, from, to, signal) {
  const step = Math.max(1, Math.ceil((to - from) / 1000 / pointsWanted));
  const start = Math.floor(from / 1000 / step) * step;
  const end = Math.ceil(to / 1000 / step) * step;
  const count = Math.floor((end - start) / step) + 1;
  const frames = new Frames(step * 1500);
  frames.times = Array.from({ length: count }, (_, i) => (start + i * step) * 1000);
  const jobs = snapshot.charts.flatMap((chart) => chart.queries);
  let answered = 0;
  let failure = null;
  const work = async () => {
    for (let query = jobs.shift(); query; query = jobs.shift()) {
      try {
        const text = query.q.replaceAll('$s', () => selector).replaceAll('$o', () => snapshot.ownSelector).replaceAll('$w', `${Math.max(40, step)}s`);
        const parameters = new URLSearchParams({ query: text, start, end, step });
        const response = await fetch(`/api/v1/query_range?${parameters}`, { signal });
        const body = await response.json();
        if (body.status !== 'success') throw new Error(body.error ?? `HTTP ${response.status}`);
        for (const series of body.data.result) placeSeries(frames, query, series, start, step, count);
        answered += 1;
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error;
      }
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  if (!answered) throw failure ?? new Error('no chart has a past');
  return frames;
}

function placeSeries(frames, query, series, start, step, count) {
  let channel = query.channel;
  if (query.by) {
    const label = series.metric[query.by] ?? '';
    channel = query.map ? query.map[label] : channel + label;
    if (!channel) return;
    if (!query.map && (virtualDevice.test(label) || series.values.every(([, value]) => !(Number(value) > 0)))) return;
  }
  let column = frames.columns.get(channel);
  if (!column) frames.columns.set(channel, column = new Array(count).fill(NaN));
  for (const [time, text] of series.values) {
    const i = Math.round((time - start) / step);
    const value = Number(text);
    if (i < 0 || i >= count || !Number.isFinite(value)) continue;
    column[i] = Number.isFinite(column[i]) ? column[i] + value : value;
  }
}

// Devices that repeat what others carry.
const virtualDevice = /^(lo|docker.*|br-.*|veth.*|virbr.*|vnet.*|ifb.*|cni.*|flannel.*|cali.*|dm-.*|md\d*|loop.*|z?ram\d*|fd\d*|sr\d*)$/;
