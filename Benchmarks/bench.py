#!/usr/bin/env python3
"""Measures Apus beside every peer found on the PATH (prometheus, victoria-metrics), on the same data in the same run.

  make bench                                    10,000 series, 300 samples each
  make bench BENCH='--series 100000 --ticks 60 --rounds 3'

Ingest is counted in samples per second of the server's own processor time (user and system), so that it means something on a shared machine too;
storage in bytes a sample after everything is flushed; queries in milliseconds (median of 15, first byte to last) at the client. Servers listen on
127.0.0.1 with a fresh data directory each, and are stopped at the end.
"""
import argparse, http.client, json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, threading, time, urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dataset

QUERIES = [
    ("count of all series", "instant", 'count({__name__=~".+"})'),
    ("sum by (path) (rate(…[5m]))", "instant", "sum by (path) (rate(http_requests_total[5m]))"),
    ("one series, 1 h", "range", 'node_cpu_seconds_total{instance="host-0007.example.net:9100",cpu="0",mode="user"}'),
    ("sum by (path) (rate(…[5m])), 1 h", "range", "sum by (path) (rate(http_requests_total[5m]))"),
    ("histogram_quantile by path, 1 h", "range", "histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket[5m])))"),
    ("ratio of two sums, 1 h", "range", 'sum(rate(http_requests_total{status="500"}[5m])) / sum(rate(http_requests_total[5m]))'),
    ("join of two gauges, 1 h", "range", "max by (instance) (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes)"),
    ("raw series of one status, 1 h", "range", 'http_requests_total{status="500"}'),
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, name, binary):
        self.name, self.binary = name, binary
        self.folder = tempfile.mkdtemp(prefix=f"apus-bench-{name}-")
        self.port = free_port()
        self.data = os.path.join(self.folder, "data")
        address = f"127.0.0.1:{self.port}"
        self.command, self.ready = {
            "apus": ([binary, "serve", "--listen", address, "--data", self.data, "--enable-admin-api", "--set", "collectors.enabled=false", "--log-level", "error"], "/ready"),
            "prometheus": ([binary, f"--config.file={self.folder}/p.yml", f"--web.listen-address={address}", f"--storage.tsdb.path={self.data}",
                            "--web.enable-remote-write-receiver", "--web.enable-admin-api", "--log.level=error"], "/-/ready"),
            "victoria-metrics": ([binary, f"-httpListenAddr={address}", f"-storageDataPath={self.data}", "-retentionPeriod=1", "-search.latencyOffset=0s", "-loggerLevel=ERROR"], "/health"),
        }[name]
        with open(f"{self.folder}/p.yml", "w") as file:
            file.write("global: {scrape_interval: 1h}\n")

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                if self.request("GET", self.ready)[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"{self.name} never became ready: {' '.join(self.command)}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def request(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send(self, bodies):
        """Sends over two connections; each host stays on one. Returns the samples that were taken."""
        taken = [0, 0]

        def lane(which):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
            for number, (_, count, body) in enumerate(bodies):
                if number % 2 == which:
                    connection.request("POST", "/api/v1/write", body, headers)
                    answer = connection.getresponse()
                    text = answer.read()
                    if answer.status // 100 != 2:
                        raise SystemExit(f"{self.name} refused a write: {answer.status} {text[:200]}")
                    taken[which] += count
            connection.close()

        lanes = [threading.Thread(target=lane, args=(which,)) for which in (0, 1)]
        [x.start() for x in lanes]
        [x.join() for x in lanes]
        return sum(taken)

    def stored_byte_count(self):
        root = self.data
        if self.name == "victoria-metrics":
            for path in ("/internal/force_flush", "/internal/force_merge", "/internal/force_flush"):
                self.request("GET", path)
                time.sleep(2)
        else:
            _, body = self.request("POST", "/api/v1/admin/tsdb/snapshot")
            root = os.path.join(self.data, "snapshots", json.loads(body)["data"]["name"])
        return sum(os.path.getsize(os.path.join(folder, file)) for folder, _, files in os.walk(root) for file in files)

    def query_milliseconds(self, kind, query, end, seconds):
        if kind == "instant":
            path = "/api/v1/query?" + urllib.parse.urlencode(dict(query=query, time=end, nocache=1))
        else:
            path = "/api/v1/query_range?" + urllib.parse.urlencode(dict(query=query, start=end - seconds, end=end, step=15, nocache=1))
        times = []
        for _ in range(17):
            began = time.perf_counter()
            status, body = self.request("GET", path)
            times.append((time.perf_counter() - began) * 1000)
            if status != 200:
                raise SystemExit(f"{self.name}: {query}: {status} {body[:200]}")
        return statistics.median(times[2:])


def measure(name, binary, bodies, options, end):
    with Server(name, binary) as server:
        first = [b for b in bodies if b[0] == 0]
        rest = [b for b in bodies if b[0] > 0]
        server.send(first)
        before = server.cpu_seconds()
        taken = server.send(rest)
        sent = server.cpu_seconds()
        time.sleep(6)
        settled = server.cpu_seconds()
        result = {"samples per CPU-second": taken / (sent - before), "the same, background work included": taken / (settled - before)}
        seconds = min(3600, max(60, (options.ticks - 1) * 15 - 360))
        for title, kind, query in QUERIES:
            result[title + ", ms"] = server.query_milliseconds(kind, query, end - 30, seconds)
        result["bytes a sample on disk"] = server.stored_byte_count() / sum(b[1] for b in bodies)
        return result


def shown(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", default="apus")
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--ticks", type=int, default=300, help="samples a series")
    parser.add_argument("--rounds", type=int, default=1, help="servers take turns; medians are shown")
    options = parser.parse_args()
    servers = [("apus", options.apus)] + [(name, path) for name in ("prometheus", "victoria-metrics") if (path := shutil.which(name))]
    if len(servers) == 1:
        print("No peer on the PATH (prometheus, victoria-metrics): Apus alone.", file=sys.stderr)
    end = int(time.time())
    print(f"making {options.series * options.ticks:,} samples …", file=sys.stderr)
    bodies = list(dataset.requests(options.series, options.ticks, end * 1000))
    results = {name: [] for name, _ in servers}
    for number in range(options.rounds):
        for name, binary in servers:
            print(f"round {number + 1}: {name}", file=sys.stderr)
            results[name].append(measure(name, binary, bodies, options, end))
    names = [name for name, _ in servers]
    print(f"\n{options.series:,} series, {options.ticks} samples each; medians of {options.rounds}\n")
    print("| figure | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for figure in results["apus"][0]:
        print(f"| {figure} | " + " | ".join(shown(statistics.median(r[figure] for r in results[name])) for name in names) + " |")


if __name__ == "__main__":
    main()
