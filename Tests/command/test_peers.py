"""A real Prometheus, scraping a real node_exporter, remote-writes into Apus: both must then answer the same."""
import json, math, os, pathlib, shutil, socket, subprocess, tempfile, time, unittest, urllib.parse, urllib.request
from harness import Server

PROMETHEUS, EXPORTER, PROMTOOL = (shutil.which(x) for x in ("prometheus", "prometheus-node-exporter", "promtool"))
SECONDS = int(os.environ.get("APUS_PEER_SECONDS", "24"))

# Ranges and times are such that no sample lies just on a range's edge, where Prometheus 2 and 3 differ.
QUERIES = [
    "node_load1", "rate(node_cpu_seconds_total[10s])", "sum by (mode) (rate(node_cpu_seconds_total[10s]))",
    "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[10s]))", "irate(node_context_switches_total[10s])",
    "increase(node_intr_total[15s])", "topk(3, node_memory_MemTotal_bytes or node_memory_MemFree_bytes)", "count by (device) (node_disk_io_now)",
    "node_filesystem_avail_bytes / node_filesystem_size_bytes", "max by (mountpoint) (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes)",
    "quantile(0.9, rate(node_cpu_seconds_total[10s]))", "histogram_quantile(0.9, rate(prometheus_http_request_duration_seconds_bucket[15s]))",
    "histogram_quantile(0.5, sum by (le) (prometheus_tsdb_compaction_chunk_size_bytes_bucket))",
    "node_cpu_seconds_total{mode=\"user\"} * on (instance) group_left (nodename) node_uname_info", "avg_over_time(node_load1[10s])",
    "max_over_time(rate(node_cpu_seconds_total{mode=\"system\"}[5s])[10s:1s])", "node_load1 offset 5s", "sum(node_memory_MemTotal_bytes) - sum(node_memory_MemAvailable_bytes)",
    "label_replace(up, \"host\", \"$1\", \"instance\", \"(.*):.*\")", "stddev_over_time(process_resident_memory_bytes[10s])",
    "sum without (cpu) (node_cpu_seconds_total) > bool 10", "count_values(\"v\", up)", "absent(nothing{job=\"x\"})", "deriv(node_memory_MemFree_bytes[10s])",
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def rows(answer):
    assert answer["status"] == "success", answer
    result = {}
    for row in answer["data"]["result"]:
        points = row.get("values") or [row["value"]]
        result[json.dumps(row["metric"], sort_keys=True)] = {float(t): float(v) for t, v in points}
    return result


@unittest.skipUnless(PROMETHEUS and EXPORTER, "prometheus and prometheus-node-exporter are not on the PATH")
class Peers(unittest.TestCase):
    def test_remote_write_from_prometheus_answers_alike(self):
        folder, started = tempfile.mkdtemp(prefix="apus-peers-"), []
        try:
            with Server("--set", "collectors.enabled=false") as server:
                exporter, own = free_port(), free_port()
                config = folder + "/prometheus.yml"
                pathlib.Path(config).write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, external_labels: {{}}}}
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]
  - job_name: prometheus
    static_configs: [{{targets: ["127.0.0.1:{own}"]}}]
remote_write: [{{url: "http://127.0.0.1:{server.port}/api/v1/write"}}]
""")
                quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                started.append(subprocess.Popen([EXPORTER, f"--web.listen-address=127.0.0.1:{exporter}"], **quiet))
                started.append(subprocess.Popen([PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{own}"], **quiet))
                time.sleep(SECONDS)
                peer, mine = f"http://127.0.0.1:{own}", f"http://127.0.0.1:{server.port}"
                # A little back, so that the sender's queue is empty for the times asked for.
                end = round(time.time()) - 6 + 0.3713
                compared = 0
                for query in QUERIES:
                    for path, extra in (("query", {"time": end}), ("query_range", {"start": end - 8, "end": end, "step": 2})):
                        asked = f"/api/v1/{path}?" + urllib.parse.urlencode({"query": query} | extra)
                        a, b = rows(get(peer + asked)), rows(get(mine + asked))
                        with self.subTest(query=query, path=path):
                            self.assertTrue(a, "the peer has no data for it")
                            self.assertEqual(sorted(a), sorted(b))
                            for key in a:
                                self.assertEqual(list(a[key]), list(b[key]), key)
                                for t in a[key]:
                                    x, y = a[key][t], b[key][t]
                                    self.assertTrue(x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12), (key, t, x, y))
                                    compared += 1
                self.assertGreater(compared, 300)
                names = [set(get(u + "/api/v1/label/__name__/values")["data"]) for u in (peer, mine)]
                self.assertEqual(names[0] - names[1], set())
                if PROMTOOL:
                    for command in (["query", "instant", mine, "up"], ["query", "range", "--step=2s", mine, "rate(node_cpu_seconds_total[10s])"],
                                    ["query", "series", "--match=up", mine], ["query", "labels", mine, "job"]):
                        done = subprocess.run([PROMTOOL, *command], capture_output=True, text=True, timeout=30)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.assertTrue(done.stdout.strip(), command)
        finally:
            for process in started:
                process.kill()
                process.wait(20)
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    unittest.main()
