#!/usr/bin/env python3
"""The overview page in a real browser.

    run.py --program .build/debug/apus                       starts it on a free port with an empty data directory
    run.py --start 'COMMAND' --url http://127.0.0.1:PORT/    starts another command
    run.py --url http://127.0.0.1:PORT/                      checks a running one; loss of the stream is then an offline browser

A program that we start is timed from there, killed, and started again. Needs Debian's chromium and, from PyPI, what
`requirements.txt` lists; without axe or psutil their checks are left out. Prints one line a check; the exit code is the number
of those that failed (at most 99).
"""
import argparse
import glob
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlparse

from playwright.sync_api import sync_playwright

try:
    import axe_playwright_python
    found = glob.glob(os.path.dirname(axe_playwright_python.__file__) + "/**/axe.min.js", recursive=True)
    axe_source = open(found[0]).read() if found else None
except ImportError:
    axe_source = None
try:
    import psutil
except ImportError:
    psutil = None

DRAWN = """() => [...document.querySelectorAll('apus-chart canvas')].filter((c) => {
  if (c.width < 50) return false;
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let n = 0;
  for (let i = 3; i < d.length; i += 4) if (d[i]) n++;
  return n > 200;
}).length"""
PICTURES = "() => [...document.querySelectorAll('apus-chart canvas')].map((c) => c.toDataURL())"
HEALTH = "() => document.querySelector('apus-bar .health').innerText"

parser = argparse.ArgumentParser()
parser.add_argument("--url", default="")
parser.add_argument("--program", default="", help="the apus program")
parser.add_argument("--start", default="", help="command that starts the program, without a shell")
parser.add_argument("--within", type=float, default=1.0, help="seconds from start to the first drawn chart (reported; fails beyond three times that)")
parser.add_argument("--cpu-seconds", type=float, default=0, help="measure the browser's CPU for so long; 3 s a minute is the limit")
parser.add_argument("--pictures", default="", help="folder for screenshots")
parser.add_argument("--chromium", default="/usr/bin/chromium")
options = parser.parse_args()
scratch = tempfile.TemporaryDirectory()
if options.program:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options.url = f"http://{address}/"
    options.start = f"{shlex.quote(options.program)} serve --listen {address} --data {shlex.quote(scratch.name)}/data"
if not options.url:
    parser.error("--program or --url is needed")

failures = 0


def check(passed, what):
    global failures
    failures += 0 if passed else 1
    print(("ok    " if passed else "FAIL  ") + what, flush=True)
    return passed


def wait_until(condition, seconds, step=0.1):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return False


class Program:
    """The program under test, when we start it ourselves."""

    def __init__(self):
        self.process = None
        self.started = time.monotonic()

    def start(self):
        if not options.start:
            return
        self.started = time.monotonic()
        self.process = subprocess.Popen(shlex.split(options.start), stdout=subprocess.DEVNULL, start_new_session=True)
        address = urlparse(options.url)

        def is_open():
            try:
                socket.create_connection((address.hostname, address.port), 0.2).close()
                return True
            except OSError:
                return False

        if not wait_until(is_open, 30, 0.01):
            sys.exit("the program does not listen")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()


class Traffic:
    """What goes over the wire to one page."""

    def __init__(self, context, page):
        self.requests, self.elsewhere, self.byte_count, self.event_bytes, self.steady_bytes, self.events = [], [], 0, 0, 0, 0
        own = urlparse(options.url).netloc
        session = context.new_cdp_session(page)
        session.send("Network.enable")

        def requested(event):
            url = event["request"]["url"]
            if url.startswith(("data:", "blob:")):
                return
            self.requests.append(url)
            if urlparse(url).netloc != own:
                self.elsewhere.append(url)

        def finished(event):
            self.byte_count += event["encodedDataLength"]

        def message(event):
            self.events += 1
            size = len(event["data"]) + len(event["eventName"]) + len(event["eventId"]) + 26
            self.event_bytes += size
            # A snapshot comes when a device appears: seldom, so it does not count as what a minute costs.
            self.steady_bytes += 0 if event["eventName"] == "snapshot" else size

        session.on("Network.requestWillBeSent", requested)
        session.on("Network.loadingFinished", finished)
        session.on("Network.eventSourceMessageReceived", message)


def complaints_of(page):
    """Errors of the console and uncaught ones, as they come."""
    complaints = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    return complaints


def picture(page, name):
    if options.pictures:
        os.makedirs(options.pictures, exist_ok=True)
        page.screenshot(path=os.path.join(options.pictures, name + ".png"))


def check_first_paint(browser, program):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("about:blank")
    traffic, complaints = Traffic(context, page), complaints_of(page)
    program.start()
    asked = time.monotonic()
    page.goto(options.url, wait_until="commit")
    try:
        page.wait_for_function(f"() => ({DRAWN})() > 0", polling=20, timeout=10_000)
    except Exception:
        check(False, "a chart is drawn within 10 s")
        picture(page, "broken")
        return
    now = time.monotonic()
    took = now - (program.started if options.start else asked)
    since = "start of the program" if options.start else "navigation"
    check(took <= options.within * 3, f"first chart {took:.2f} s after the {since} (goal {options.within:.1f} s)")
    check(wait_pumped(page, lambda: traffic.events >= 2, 6), "the stream brings events")
    page.wait_for_timeout(2500)
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    print(f"      first contentful paint {paint:.0f} ms (goal 200 ms)")
    total = traffic.byte_count + traffic.event_bytes
    check(len(traffic.requests) <= 5, f"{len(traffic.requests)} requests, at most 5")
    check(total <= 60_000, f"{total / 1000:.1f} kB on the wire, at most 60 kB")
    check(not traffic.elsewhere, f"nothing from elsewhere {traffic.elsewhere[:2] or ''}")
    check_motion(page, traffic)
    check(not complaints, f"no error on the console {complaints[:2] or ''}")
    picture(page, "desktop")
    context.close()


def check_motion(page, traffic):
    count = page.evaluate(DRAWN)
    check(count >= 9, f"{count} charts drawn, at least 9")
    before, bytes_before, began = page.evaluate(PICTURES), traffic.steady_bytes, time.monotonic()
    page.wait_for_timeout(4000)
    moved = sum(a != b for a, b in zip(before, page.evaluate(PICTURES)))
    check(moved >= 6, f"{moved} charts moved in 4 s, at least 6")
    rate = (traffic.steady_bytes - bytes_before) / (time.monotonic() - began) * 60
    check(rate <= 60_000, f"{rate / 1000:.0f} kB of events a minute, at most 60 kB")
    text = page.inner_text("body")
    bad = [word for word in ("NaN", "undefined", "null", "[object", "Infinity", "{}") if word in text]
    check(not bad, f"no leftovers in the text {bad or ''}")
    heading = page.inner_text("h1")
    check(len(heading) > 5 and page.locator("h1").count() == 1, f"the verdict in words: {heading!r}")


def check_cpu(page):
    if not options.cpu_seconds or not psutil:
        return

    def used():
        total = 0
        for process in psutil.Process().children(recursive=True):
            try:
                if "chrom" in process.name():
                    total += sum(process.cpu_times()[:2])
            except psutil.Error:
                pass
        return total

    before = used()
    page.wait_for_timeout(options.cpu_seconds * 1000)
    rate = (used() - before) / options.cpu_seconds * 60
    check(rate <= 3, f"browser CPU {rate:.1f} s a minute, at most 3")


def check_keyboard(page):
    page.mouse.move(5, 400)
    page.evaluate("() => document.activeElement?.blur()")
    page.evaluate("() => { scrollTo(0, 0); getSelection().removeAllRanges(); }")
    wanted = page.evaluate("""() => { let n = 0;
      for (const e of document.querySelectorAll('a[href],button,input,[tabindex="0"]')) if (e.offsetParent || e.closest('.top')) e.dataset.tab = n++;
      return n; }""")
    reached, without_ring = set(), []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        seen = page.evaluate("""() => { const e = document.activeElement, c = getComputedStyle(e), r = e.getBoundingClientRect();
          return [e.dataset?.tab ?? null, c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) > 0 && r.width > 0 && r.height > 0, e.outerHTML.slice(0, 60)]; }""")
        if seen[0] is None:
            continue
        reached.add(seen[0])
        if not seen[1]:
            without_ring.append(seen[2])
    # Findings may come and go while we walk.
    check(len(reached) >= wanted - 2, f"keyboard focus reaches {len(reached)} of {wanted}")
    check(not without_ring, f"focus is visible everywhere {without_ring[:2] or ''}")
    page.evaluate("() => document.activeElement?.blur()")
    page.keyboard.press("j")
    check(page.evaluate("() => document.activeElement.id") == "chart-cpu", "j goes to the first chart")
    page.keyboard.press("Enter")
    check(page.locator("#chart-cpu tbody tr").count() > 0, "Enter shows the table behind it")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(400)
    check("at=" in page.url, "the arrow moves the cursor, and the address holds it")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("network")
    page.wait_for_timeout(300)
    visible = page.evaluate("() => [...document.querySelectorAll('#charts apus-chart')].filter((e) => e.offsetParent).length")
    check(visible == 2, f"/ searches: {visible} charts left of the row on network")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    check(page.locator("dialog[open]").count() == 1, "? lists the keys")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.wait_for_timeout(300)
    check("Paused" in page.evaluate(HEALTH), "p pauses")
    still = page.evaluate(PICTURES)
    page.wait_for_timeout(2500)
    check(still == page.evaluate(PICTURES), "nothing moves while paused")
    page.keyboard.press("p")


def check_ranges(page):
    box = page.locator("#chart-load canvas").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 20, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, y, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)
    check("from=" in page.url and "to=" in page.url, "drag zooms, and the address holds it")
    page.mouse.dblclick(box["x"] + 40, y)
    page.wait_for_timeout(500)
    check("from=" not in page.url, "double click returns")
    page.mouse.move(5, 400)
    page.keyboard.press("3")
    page.wait_for_timeout(2500)
    check("range=1h" in page.url, "3 shows one hour, and the address holds it")
    said = page.inner_text("#chart-cpu .empty") if page.locator("#chart-cpu .empty").is_visible() else ""
    check("could not" not in said and "Reading" not in said, f"one hour can be read {said!r}")
    page.reload()
    page.wait_for_timeout(1500)
    check(page.get_attribute("[data-range='1h']", "aria-pressed") == "true", "the address reopens the same view")
    page.keyboard.press("2")


def check_hidden(context, page):
    traffic = Traffic(context, page)
    page.wait_for_timeout(2500)
    check(traffic.events > 0, "events come while the page is visible")
    page.evaluate("""() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }""")
    page.wait_for_timeout(300)
    before = traffic.events
    page.wait_for_timeout(3000)
    check(traffic.events == before, "nothing comes while the tab is hidden")
    page.evaluate("""() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }""")
    check(wait_pumped(page, lambda: traffic.events > before + 1, 6), "it goes on when the tab is seen again")


def wait_pumped(page, condition, seconds):
    """Waits while the browser's events still reach us."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        page.wait_for_timeout(150)
    return False


def check_loss(context, page, program):
    program.kill() if options.start else context.set_offline(True)
    lost = wait_pumped(page, lambda: "No data for" in page.evaluate(HEALTH), 20)
    check(lost, "a lost stream is said")
    first = page.evaluate(HEALTH)
    page.wait_for_timeout(2500)
    check(page.evaluate(HEALTH) != first, f"its age is counted: {page.evaluate(HEALTH)!r}")
    check(page.evaluate("() => document.body.dataset.stream") == "lost", "the data are greyed")
    picture(page, "lost")
    program.start() if options.start else context.set_offline(False)
    check(wait_pumped(page, lambda: page.evaluate(HEALTH).startswith("Live"), 20), "it recovers alone")
    before = page.evaluate(PICTURES)
    page.wait_for_timeout(3000)
    check(sum(a != b for a, b in zip(before, page.evaluate(PICTURES))) >= 6, "and the charts move again")


def check_accessibility(browser):
    for name, width, scheme in (("light", 1440, "light"), ("dark", 1440, "dark"), ("phone", 390, "light"), ("phone, dark", 390, "dark")):
        context = browser.new_context(
            viewport={"width": width, "height": 844 if width < 640 else 900}, color_scheme=scheme, is_mobile=width < 640,
            has_touch=width < 640, bypass_csp=True)
        page = context.new_page()
        page.goto(options.url)
        page.wait_for_timeout(2000)
        picture(page, f"axe-{name.replace(', ', '-')}")
        if width < 640:
            check_phone(page)
        if axe_source:
            page.evaluate(axe_source + ";0")
            result = page.evaluate("async () => await axe.run(document, { resultTypes: ['violations'] })")
            found = [f"{v['id']}: {v['nodes'][0]['html'][:80]}" for v in result["violations"]]
            check(not found, f"axe, {name}: {len(found)} violations {found[:3] or ''}")
        else:
            print("      axe is not installed: accessibility not checked")
        context.close()


def check_phone(page):
    size = page.evaluate("""() => { const root = document.documentElement;
      let small = 0;
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) { const e = walker.currentNode.parentElement, r = e.getBoundingClientRect();
        if (walker.currentNode.data.trim() && r.width > 1 && parseFloat(getComputedStyle(e).fontSize) < 12) small++; }
      const targets = [...document.querySelectorAll('a,button,input')].filter((e) => { const r = e.getBoundingClientRect(); return r.width && (r.width < 24 || r.height < 24) && r.left >= 0; });
      return { width: root.scrollWidth, height: root.scrollHeight, small, targets: targets.map((e) => e.outerHTML.slice(0, 60)) }; }""")
    check(size["width"] <= 390, f"no sideways scroll on a phone: {size['width']} px")
    check(size["height"] <= 4 * 844, f"at most four screens: {size['height'] / 844:.1f}")
    check(size["small"] == 0, f"no text below 12 px: {size['small']}")
    check(not size["targets"], f"no target below 24 px {size['targets'][:2] or ''}")
    place = page.evaluate("() => document.querySelector('apus-vitals').getBoundingClientRect().bottom")
    check(place <= 844 - 56 or page.locator(".findings li").count() > 2, f"verdict and vital signs in the first screen: {place:.0f} px")


def main():
    program = Program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        try:
            check_first_paint(browser, program)
            if failures == 0 or page_is_there(browser):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                page = context.new_page()
                complaints = complaints_of(page)
                page.goto(options.url)
                page.wait_for_timeout(1500)
                check_cpu(page)
                check_keyboard(page)
                check_ranges(page)
                check_hidden(context, page)
                check(not complaints, f"no error on the console by then {complaints[:2] or ''}")
                check_loss(context, page, program)
                context.close()
                check_accessibility(browser)
        finally:
            browser.close()
            program.kill()
    print(f"{failures} failed" if failures else "all passed")
    sys.exit(min(failures, 99))


def page_is_there(browser):
    """Whether going on makes sense after a failure."""
    page = browser.new_page()
    try:
        page.goto(options.url)
        page.wait_for_function(f"() => ({DRAWN})() > 0", timeout=5000)
        return True
    except Exception:
        return False
    finally:
        page.close()


main()
