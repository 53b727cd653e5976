// Where the ticks go.

const secondSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800];

// The end of an axis that begins at zero: a round number not below `value`, in the unit's own steps.
export function niceEnd(value, unit) {
  if (!(value > 0)) return unit === 'bytes' || unit === 'bytesPerSecond' ? 1024 : unit === 'seconds' ? 0.001 : 1;
  if (unit === 'bytes' || unit === 'bytesPerSecond') {
    const base = 1024 ** Math.max(0, Math.floor(Math.log2(value) / 10));
    return niceEnd(value / base, 'count') * base;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.5, 2, 3, 4, 5, 8, 10]) if (value <= step * power * 1.0001) return step * power;
  return 10 * power;
}

// Times for labels: round in local time, at most `most` of them.
export function timeTicks(from, to, most) {
  const wanted = (to - from) / 1000 / Math.max(1, most);
  const step = (secondSteps.find((s) => s >= wanted) ?? 604800) * 1000;
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let t = Math.ceil((from - shift) / step) * step + shift; t <= to; t += step) ticks.push(t);
  return { ticks, step };
}
