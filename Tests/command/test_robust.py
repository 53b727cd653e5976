"""What must not bring the program down, and what it says."""
import os, pathlib, random, resource, signal, socket, time, unittest
from harness import Server, run, series, snappy

ENDPOINTS = [
    "/", "/api/v1/write", "/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels", "/api/v1/label/job/values", "/api/v1/metadata",
    "/api/v1/format_query", "/api/v1/parse_query", "/api/v1/status/config", "/api/v1/status/tsdb", "/api/v1/admin/tsdb/delete_series", "/metrics", "/health",
    "/api/v1/overview/stream/x", "/nothing",
]


class Robust(unittest.TestCase):
    def test_random_and_mutated_bodies_to_every_endpoint(self):
        chance = random.Random(int(os.environ.get("SEED", "7")))
        good = snappy(b"".join(series({"__name__": "m", "i": str(i)}, [(1_700_000_000_000, i)]) for i in range(20)))
        form = b"query=sum(rate(up[5m]))by(job)&start=1&end=100&step=5&match[]=up"
        with Server("--enable-admin-api", "--retention", "unlimited") as server:
            for number in range(600):
                source = bytearray(chance.choice([good, form, bytes(chance.randrange(256) for _ in range(chance.randrange(300)))]))
                for _ in range(chance.randrange(5)):
                    if source:
                        source[chance.randrange(len(source))] = chance.randrange(256)
                body = bytes(source[:chance.randrange(len(source) + 1)]) if chance.random() < 0.3 else bytes(source)
                headers = {"Content-Type": chance.choice(["application/x-protobuf", "application/x-www-form-urlencoded", "x"])}
                if chance.random() < 0.5:
                    headers["Content-Encoding"] = chance.choice(["snappy", "gzip", "x"])
                status, _ = server.request(chance.choice(["POST", "PUT", "GET", "DELETE"]), chance.choice(ENDPOINTS), body, headers)
                self.assertTrue(200 <= status < 600)
                self.assertNotEqual(status, 500)
            for _ in range(60):
                raw = socket.create_connection(("127.0.0.1", server.port), timeout=5)
                raw.sendall(bytes(chance.randrange(256) for _ in range(chance.randrange(1, 2000))))
                raw.close()
            self.assertEqual(server.request("GET", "/health")[0], 200)
            self.assertIsNone(server.process.poll())

    def test_query_bombs_end_with_an_error(self):
        with Server("--retention", "unlimited", "--set", "query.max_samples=50000", "--set", "query.timeout=5s") as server:
            now = int(time.time())
            for start in range(0, 1000, 100):
                rows = [series({"__name__": "bomb", "i": str(i)}, [((now - 2000 + start + k) * 1000, k) for k in range(100)]) for i in range(100)]
                self.assertEqual(server.write(*rows)[0], 204)
            bombs = [
                ("/api/v1/query?query=bomb[1d]&time=%d" % now, (422, 503)),
                ("/api/v1/query_range?query=bomb&start=0&end=%d&step=1" % now, (400,)),
                ("/api/v1/query_range?query=sum_over_time(sum_over_time(bomb[1h:1s])[1h:1s])&start=%d&end=%d&step=1" % (now - 3000, now), (422, 503)),
                ("/api/v1/query?query=" + "(" * 20000 + "1" + ")" * 20000, (400, 414, 431)),
                ("/api/v1/query?query=" + "-" * 20000 + "1", (400, 414, 431)),
                ("/api/v1/query?query={__name__=~\"(a*)*b{1000}{1000}\"}", (400,)),
            ]
            for path, expected in bombs:
                status, body = server.request("GET", path.replace('"', "%22").replace("{", "%7B").replace("}", "%7D"))
                self.assertIn(status, expected, (path[:80], body[:200]))
            body = "query=" + "(" * 300000 + "1"
            self.assertEqual(server.request("POST", "/api/v1/query", body, {"Content-Type": "application/x-www-form-urlencoded"})[0], 400)
            self.assertEqual(server.value("count(bomb)", now - 1001), 100)

    def test_a_full_disk_refuses_writes_and_loses_nothing(self):
        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        with Server("--set", "collectors.enabled=false", limits=small) as server:
            now = int(time.time() * 1000) - 600_000
            kept, refused = 0, None
            for number in range(400):
                status, body = server.write(*[series({"__name__": "kept", "i": str(i)}, [(now + number * 500, random.random())]) for i in range(500)])
                if status == 204:
                    kept += 1
                else:
                    refused = (status, body)
                    break
            self.assertIsNotNone(refused, "the limit was never met")
            self.assertEqual(refused[0], 503, refused)
            self.assertEqual(server.request("GET", "/health")[0], 200)
            self.assertGreaterEqual(server.value("sum(count_over_time(kept[20m]))", now / 1000 + 300), kept * 500)
            server.stop(signal.SIGKILL)
            server.limits = None
            server.start()
            self.assertGreaterEqual(server.value("sum(count_over_time(kept[20m]))", now / 1000 + 300), kept * 500)
            self.assertEqual(server.write(series({"__name__": "again"}, [(now, 1)]))[0], 204)

    def test_a_second_server_on_the_same_directory_or_port_says_so(self):
        with Server() as server:
            status, out, err = run("serve", "--listen", "127.0.0.1:0", "--data", server.data)
            self.assertEqual(status, 1)
            self.assertRegex(out + err, "another|in use|lock")
            status, out, err = run("serve", "--listen", f"127.0.0.1:{server.port}", "--data", server.folder + "/other")
            self.assertEqual(status, 1)
            self.assertRegex(out + err, "listens there already")
            self.assertEqual(server.request("GET", "/health")[0], 200)

    @unittest.skipIf(os.geteuid() == 0 and not os.path.exists("/bin/su"), "root writes everywhere")
    def test_a_directory_that_cannot_be_written_says_so(self):
        with Server() as server:
            path = server.folder + "/file"
            pathlib.Path(path).touch()
            status, out, err = run("serve", "--listen", "127.0.0.1:0", "--data", path + "/data")
            self.assertEqual(status, 1)
            self.assertIn(path, out + err)
        status, out, err = run("serve", "--listen", "127.0.0.1:0", "--data", "/proc/apus")
        self.assertEqual(status, 1)
        self.assertIn("/proc/apus", out + err)

    def test_broken_configurations_are_told_with_their_line(self):
        with Server() as server:
            for text, expected in [
                ("server:\n  listn: x\n", 'broken.yml:2:3: unknown key "listn" in server; did you mean "listen"?'),
                ("a: [", "broken.yml:"), ("query: {timeout: soon}\n", "query.timeout wants a duration"),
            ]:
                path = server.folder + "/broken.yml"
                pathlib.Path(path).write_text(text)
                for command in (["serve", "--config", path, "--data", server.folder + "/d"], ["check", "config", path]):
                    status, out, err = run(*command)
                    self.assertEqual(status, 1)
                    self.assertIn(expected, out + err)
            self.assertEqual(run("serve", "--config", "/nowhere.yml")[0], 1)

    def test_off_loopback_wants_a_token(self):
        with Server() as server:
            status, out, err = run("serve", "--listen", "0.0.0.0:0", "--data", server.folder + "/d")
            self.assertEqual(status, 1)
            self.assertIn("token", out + err)

    def test_a_token_guards_everything_but_the_probes(self):
        with Server(env={"APUS_TOKEN": "s3cret-of-the-test"}) as server:
            for path in ("/health", "/live", "/ready"):
                self.assertEqual(server.request("GET", path)[0], 200)
            for path in ("/api/v1/query?query=1", "/metrics", "/api/v1/status/config", "/api/v1/label/job/values"):
                self.assertEqual(server.request("GET", path)[0], 401)
                self.assertEqual(server.request("GET", path, headers={"Authorization": "Bearer wrong"})[0], 401)
                self.assertEqual(server.request("GET", path, headers={"Authorization": "Bearer s3cret-of-the-test"})[0], 200)
            self.assertEqual(server.write(series({"__name__": "x"}, [(1, 1)]))[0], 401)
            _, shown = server.request("GET", "/api/v1/status/config", headers={"Authorization": "Bearer s3cret-of-the-test"})
            _, flags = server.request("GET", "/api/v1/status/flags", headers={"Authorization": "Bearer s3cret-of-the-test"})
            self.assertNotIn(b"s3cret", shown + flags + "".join(server.log).encode())


if __name__ == "__main__":
    unittest.main()
