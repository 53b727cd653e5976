"""kill -9 under full writing: what was acknowledged is there after the next start."""
import os, random, signal, threading, time, unittest
from harness import Server, series

RUNS = int(os.environ.get("APUS_CRASH_RUNS", "4"))


class Crash(unittest.TestCase):
    def test_every_acknowledged_sample_survives_kill_9(self):
        seed = int(os.environ.get("SEED", time.time()))
        chance = random.Random(seed)
        for number in range(RUNS):
            with self.subTest(run=number, seed=seed), Server("--set", "collectors.enabled=false") as server:
                # Acknowledged times by writer; each request carries 200 series at one time.
                acknowledged = [[], []]
                begin = int(time.time() * 1000) - 600_000

                def write(who):
                    t = begin
                    try:
                        while True:
                            t += 7
                            body = [series({"__name__": "kept", "writer": str(who), "i": str(i)}, [(t, t % 1_000_003 + i)]) for i in range(200)]
                            if server.write(*body)[0] == 204:
                                acknowledged[who].append(t)
                    except OSError:
                        pass

                writers = [threading.Thread(target=write, args=(who,)) for who in (0, 1)]
                [w.start() for w in writers]
                time.sleep(chance.uniform(0.3, 1.5))
                server.stop(signal.SIGKILL)
                [w.join() for w in writers]
                server.start()
                self.assertGreater(len(acknowledged[0]), 10)
                for who in (0, 1):
                    last = acknowledged[who][-1]
                    found = server.value(f'sum(count_over_time(kept{{writer="{who}"}}[20m]))', last / 1000)
                    self.assertGreaterEqual(found, 200 * len(acknowledged[who]))
                    # The last requests are the ones a log could lose: their values, exactly.
                    for t in acknowledged[who][-20:]:
                        result = server.ask("/api/v1/query", query=f'kept{{writer="{who}"}}', time=t / 1000)["result"]
                        got = {row["metric"]["i"]: float(row["value"][1]) for row in result}
                        self.assertEqual(got, {str(i): float(t % 1_000_003 + i) for i in range(200)})

    def test_sigterm_ends_it_cleanly_and_keeps_everything(self):
        with Server("--set", "collectors.enabled=false") as server:
            now = int(time.time() * 1000)
            self.assertEqual(server.write(series({"__name__": "kept"}, [(now, 42.0)]))[0], 204)
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            server.start()
            self.assertEqual(server.value("kept", now / 1000), 42.0)
            self.assertEqual(server.stop(signal.SIGINT), 0)

    def test_the_log_says_little_at_debug_and_when_it_has_stopped(self):
        with Server("--set", "collectors.enabled=false", "--log-level", "debug", env={"APUS_QUERY_TIMEOT": "5s"}) as server:
            process, log = server.process, server.log
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), 0)
            for _ in range(1000):
                if log and " info stopped " in log[-1]:
                    break
                time.sleep(0.01)
            self.assertIn(" info stopped data=", log[-1])
            self.assertIn("did you mean APUS_QUERY_TIMEOUT?", "".join(log))
            # A service that is printed whole takes a line of a thousand characters.
            self.assertLess(max(map(len, log)), 300)
            server.process = None


if __name__ == "__main__":
    unittest.main()
