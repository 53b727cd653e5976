"""Made-up monitoring data: hosts with 500 series each, mostly counters and histogram buckets, 15 s apart. The same seed gives the same bytes."""
import random, struct

import cramjam

STEP_MS = 15_000
SERIES_PER_HOST = 500
SAMPLES_PER_REQUEST = 2000


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def labels(**pairs):
    return b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in sorted(pairs.items()))


class Host:
    """The series of one host: label bytes, present values and how each moves."""

    def __init__(self, number, chance):
        base = dict(instance=f"host-{number:04}.example.net:9100", job="node" if number % 2 else "api", zone=f"zone-{number % 3}")
        rows = []

        def add(kind, name, **more):
            rows.append((kind, labels(__name__=name, **base, **more), chance.uniform(0.2, 40)))

        for path in range(20):
            for status in ("200", "404", "500"):
                add("counter", "http_requests_total", path=f"/api/{path}", status=status, method="GET")
            for le in ("0.01", "0.05", "0.1", "0.5", "1", "+Inf"):
                add("counter", "http_request_duration_seconds_bucket", path=f"/api/{path}", le=le)
        for cpu in range(8):
            for mode in ("user", "system", "idle", "iowait", "irq", "softirq", "steal", "nice"):
                add("seconds", "node_cpu_seconds_total", cpu=str(cpu), mode=mode)
        for device in range(10):
            for name in ("node_disk_read_bytes_total", "node_disk_written_bytes_total", "node_network_receive_bytes_total", "node_network_transmit_bytes_total"):
                add("counter", name, device=f"dev{device}")
            add("constant", "node_filesystem_size_bytes", device=f"dev{device}", mountpoint=f"/mnt/{device}")
            add("gauge", "node_filesystem_avail_bytes", device=f"dev{device}", mountpoint=f"/mnt/{device}")
        for queue in range(SERIES_PER_HOST - len(rows)):
            add("gauge", "worker_queue_depth", queue=f"q{queue}")
        self.rows = rows[:SERIES_PER_HOST]
        self.values = [chance.uniform(0, 1e6) // 1 for _ in self.rows]
        self.phase = chance.randrange(STEP_MS)

    def tick(self, time, chance):
        """The series with one sample each, as prometheus.TimeSeries, all at `time`."""
        stamp = b"\x10" + varint(time)
        out = []
        for position, (kind, names, pace) in enumerate(self.rows):
            value = self.values[position]
            if kind == "counter":
                value += int(chance.expovariate(1 / pace))
            elif kind == "seconds":
                value = round(value + chance.uniform(0, 15), 2)
            elif kind == "gauge":
                value = max(0, value + int(chance.gauss(0, pace)))
            self.values[position] = value
            out.append(field(1, names + field(2, b"\x09" + struct.pack("<d", value) + stamp)))
        return out


def requests(series_count, tick_count, end_ms, seed=1):
    """Yields (tick, number of samples, compressed body), oldest tick first."""
    chance = random.Random(seed)
    hosts = [Host(number, chance) for number in range(series_count // SERIES_PER_HOST)]
    for tick in range(tick_count):
        pending = []
        for host in hosts:
            late = chance.randrange(20) if chance.random() < 0.05 else 0
            pending += host.tick(end_ms - (tick_count - tick) * STEP_MS - host.phase + late, chance)
            while len(pending) >= SAMPLES_PER_REQUEST:
                body, pending = pending[:SAMPLES_PER_REQUEST], pending[SAMPLES_PER_REQUEST:]
                yield tick, len(body), bytes(cramjam.snappy.compress_raw(b"".join(body)))
        if pending:
            yield tick, len(pending), bytes(cramjam.snappy.compress_raw(b"".join(pending)))
