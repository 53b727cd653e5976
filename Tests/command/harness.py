"""What the tests of the whole program share: start a server, write to it, ask it. Standard library only."""
import http.client, json, os, re, shutil, signal, struct, subprocess, tempfile, threading, time, urllib.parse

PROGRAM = os.environ.get("APUS_PROGRAM", "apus")


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def series(labels, samples):
    """prometheus.TimeSeries: labels sorted by name, samples as (milliseconds, value)."""
    body = b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in sorted(labels.items()))
    for t, v in samples:
        body += field(2, b"\x09" + struct.pack("<d", v) + b"\x10" + varint(t))
    return field(1, body)


def snappy(data):
    """A legal snappy block of literals only."""
    out = bytearray(varint(len(data)))
    for i in range(0, len(data), 65536):
        part = data[i:i + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(part) - 1) + part
    return bytes(out)


class Server:
    """An `apus serve` of our own on a free port with a fresh data directory."""

    def __init__(self, *args, data=None, env=None, limits=None):
        self.args, self.env, self.limits = list(args), env or {}, limits
        self.folder = tempfile.mkdtemp(prefix="apus-test-")
        self.data = data or os.path.join(self.folder, "data")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def spawn(self):
        command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", self.data, *self.args]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("APUS_", "METRIC"))} | self.env
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, preexec_fn=self.limits)
        self.log = []
        self.port = None
        self.heard = threading.Event()
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def start(self, within=30):
        began = time.monotonic()
        self.spawn()
        if not self.heard.wait(within) or self.port is None:
            raise AssertionError("no address printed:\n" + "".join(self.log))
        while time.monotonic() - began < within:
            try:
                if self.request("GET", "/ready")[0] == 200:
                    return time.monotonic() - began
            except OSError:
                pass
            time.sleep(0.01)
        raise AssertionError("never ready:\n" + "".join(self.log))

    def _listen(self, process):
        for line in process.stdout:
            text = line.decode(errors="replace")
            self.log.append(text)
            found = re.search(r"http://[^:/ ]+:(\d+)", text)
            if found and self.port is None:
                self.port = int(found.group(1))
                self.heard.set()
        self.heard.set()

    def stop(self, how=signal.SIGTERM, within=20):
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(within)
        self.process.stdout.close()
        self.process = None
        return code

    def request(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def write(self, *all_series, timeout=60):
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
        return self.request("POST", "/api/v1/write", snappy(b"".join(all_series)), headers, timeout)

    def ask(self, path, **parameters):
        status, body = self.request("GET", path + "?" + urllib.parse.urlencode(parameters, doseq=True))
        answer = json.loads(body)
        assert status == 200, (status, answer)
        return answer["data"]

    def value(self, query, at):
        result = self.ask("/api/v1/query", query=query, time=at)["result"]
        return float(result[0]["value"][1]) if result else None


def run(*args, env=None, timeout=60):
    """Runs `apus …` to its end: status, output, errors."""
    done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=timeout, env=os.environ | (env or {}))
    return done.returncode, done.stdout, done.stderr
