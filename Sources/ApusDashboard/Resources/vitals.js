// <apus-vitals>: four signs of life, each the way to its chart.
import { parts, words } from './format.js';
import { live } from './data.js';
import { put } from './chart.js';

const signs = [['cpu', 'CPU'], ['memory', 'Memory'], ['filesystems', 'Fullest disk'], ['network', 'Network']];

class ApusVitals extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'Vital signs');
    this.innerHTML = signs.map(([chart, name]) => `<a href="#chart-${chart}"><span class="name">${name}</span><b></b><span class="unit"></span><span class="more"></span></a>`).join('');
  }

  render() {
    const { status } = live;
    const level = (chart) => status.findings.find((f) => f.chart === chart)?.level ?? 'ok';
    const cpu = live.total(['cpu.user', 'cpu.system', 'cpu.irq', 'cpu.steal']);
    const used = live.latest('mem.used');
    const disk = status.filesystems.map((f) => ({ mount: f.mount, share: f.used / Math.max(1, f.used + f.available), available: f.available })).sort((a, b) => b.share - a.share)[0];
    const inward = live.total(['net.in.']);
    const outward = live.total(['net.out.']);
    const network = inward === null ? null : inward + (outward ?? 0);
    this.tile(0, parts(cpu, 'percent'), status.cores ? `of ${status.cores} ${status.cores === 1 ? 'core' : 'cores'}` : '', level('cpu'));
    this.tile(1, parts(used === null || !status.memory ? null : used / status.memory * 100, 'percent'), used === null ? '' : `${words(used, 'bytes')} of ${words(status.memory, 'bytes')}`, level('memory'));
    this.tile(2, parts(disk ? disk.share * 100 : null, 'percent'), disk ? `${words(disk.available, 'bytes')} free on ${disk.mount}` : '', level('filesystems'));
    this.tile(3, parts(network, 'bytesPerSecond'), network === null ? '' : `in ${words(inward, 'bytesPerSecond')}, out ${words(outward ?? 0, 'bytesPerSecond')}`, 'ok');
  }

  tile(index, [number, unit], more, level) {
    const tile = this.children[index];
    if (tile.dataset.state !== level) tile.dataset.state = level;
    put(tile.children[1], number);
    put(tile.children[2], unit);
    put(tile.children[3], more);
  }
}

customElements.define('apus-vitals', ApusVitals);
