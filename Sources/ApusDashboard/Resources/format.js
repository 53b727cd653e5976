// Numbers and times as people read them: a unit on each, digits that do not jitter.

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const decimal = ['', 'k', 'M', 'G', 'T'];

function scaled(value, units, step) {
  let size = Math.abs(value);
  let unit = 0;
  while (size >= step * 0.9995 && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  const digits = unit === 0 ? (Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2) : size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return [(value < 0 ? '-' : '') + size.toFixed(digits), units[unit]];
}

// The number and its unit, apart, so that they can be set apart.
export function parts(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return ['–', ''];
  switch (unit) {
    case 'percent': return [value.toFixed(value >= 99.95 ? 0 : 1), '%'];
    case 'bytes': return scaled(Math.round(value), binary, 1024);
    case 'bytesPerSecond': {
      const [number, prefix] = scaled(Math.round(value), binary, 1024);
      return [number, prefix + '/s'];
    }
    case 'perSecond': {
      const [number, prefix] = scaled(Math.round(value * 10) / 10, decimal, 1000);
      return [number, prefix + '/s'];
    }
    case 'seconds':
      if (value < 0.001) return [(value * 1e6).toFixed(0), 'µs'];
      if (value < 1) return [(value * 1000).toFixed(value < 0.01 ? 1 : 0), 'ms'];
      return [value.toFixed(value < 10 ? 2 : 1), 's'];
    default: {
      if (value >= 1000 && value < 100000 && Number.isInteger(value)) return [value.toLocaleString('en'), ''];
      return scaled(value, decimal, 1000);
    }
  }
}

export function words(value, unit) {
  const [number, suffix] = parts(value, unit);
  return suffix ? `${number} ${suffix}` : number;
}

// On an axis: round numbers without needless zeros.
export function tickText(value, unit) {
  if (value === 0) return '0';
  const [number, suffix] = parts(value, unit);
  const short = number.includes('.') ? number.replace(/\.?0+$/, '') : number;
  return suffix ? `${short} ${suffix}` : short;
}

export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

const two = (n) => String(n).padStart(2, '0');

export function clockTime(milliseconds, withSeconds = true) {
  const d = new Date(milliseconds);
  return `${two(d.getHours())}:${two(d.getMinutes())}${withSeconds ? ':' + two(d.getSeconds()) : ''}`;
}

export function dayTime(milliseconds) {
  const d = new Date(milliseconds);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clockTime(milliseconds)}`;
}

export function monthDay(milliseconds) {
  return new Date(milliseconds).toLocaleDateString('en', { day: 'numeric', month: 'short' });
}
