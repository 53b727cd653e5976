"""The command line as a person uses it."""
import json, pathlib, time, unittest
from harness import Server, run, series


class CommandLine(unittest.TestCase):
    def test_help_has_examples_and_version_a_number(self):
        for command in ([], ["serve"], ["query"], ["check", "config"]):
            status, out, _ = run(*command, "--help")
            self.assertEqual(status, 0)
            self.assertIn("EXAMPLE", out)
        self.assertRegex(run("--version")[1], r"^apus \d+\.\d+\.\d+")

    def test_query_prints_tables_sparklines_and_json(self):
        with Server("--set", "collectors.enabled=false") as server:
            now = int(time.time())
            for labels, factor in (({"i": "a"}, 1), ({"i": "b"}, 2.5)):
                samples = [((now - 300 + 15 * k) * 1000, factor * k) for k in range(20)]
                self.assertEqual(server.write(series({"__name__": "steps"} | labels, samples))[0], 204)
            url = f"http://127.0.0.1:{server.port}"
            status, out, err = run("query", "sort(steps)", "--url", url)
            self.assertEqual((status, err), (0, ""))
            self.assertEqual(out, '  19  steps{i="a"}\n47.5  steps{i="b"}\n')
            status, out, _ = run("query", "steps", "--range", "5m", "--step", "15s", "--url", url)
            self.assertEqual(status, 0)
            self.assertIn("min", out.splitlines()[0])
            self.assertRegex(out, r'▁.*█ .*47.5 +steps\{i="b"\}')
            status, out, _ = run("query", "sum(steps)", "--json", "--url", url)
            self.assertEqual(json.loads(out)["data"]["result"][0]["value"][1], "66.5")
            self.assertEqual(run("query", "1+1", "--url", url)[1], "2\n")
            self.assertEqual(run("query", "nothing", "--url", url)[1], "no data\n")

    def test_faults_are_told_in_a_sentence(self):
        status, out, err = run("query", "up", "--url", "http://127.0.0.1:1")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("cannot reach http://127.0.0.1:1: connection refused\n", err)
        with Server() as server:
            status, out, err = run("query", "sum(", "--url", f"http://127.0.0.1:{server.port}")
            self.assertEqual(status, 1)
            self.assertIn("parse error", err)
        self.assertNotEqual(run("query", "up", "--range", "soon")[0], 0)
        self.assertNotEqual(run("serve", "--set", "nonsense")[0], 0)

    def test_check_says_what_is_valid_and_what_is_not_acted_on(self):
        with Server() as server:
            path = server.folder + "/prometheus.yml"
            pathlib.Path(path).write_text("scrape_configs: [{job_name: a, static_configs: [{targets: ['x:1']}]}]\n")
            status, out, _ = run("check", "config", path)
            self.assertEqual(status, 0)
            self.assertIn("valid", out)
            self.assertIn("scrape_configs", out)


if __name__ == "__main__":
    unittest.main()
