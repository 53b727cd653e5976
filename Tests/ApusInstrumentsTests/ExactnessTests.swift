import ApusInstruments
import CApusThreadSlots
import Glibc
import Synchronization
import Testing

@Suite struct ExactnessTests {
    @Test(arguments: [1, 2, 7, 40, 300])
    func `nothing is lost or counted twice, however many threads count`(threads: Int) {
        let registry = InstrumentRegistry()
        let counter = registry.counter("events").with()
        let family = registry.counter("labelled")
        let gauge = registry.gauge("level").with()
        let histogram = registry.histogram("sizes", bounds: [1, 2, 3]).with()
        let summary = registry.summary("summary").with()
        let perThread = 12_000 / threads * 4
        onThreads(threads) { thread in
            for i in 0..<perThread {
                counter.increment()
                counter.increment(by: 0.5)
                family.with([("thread", "\(thread % 3)"), ("parity", i % 2 == 0 ? "even" : "odd")]).increment(by: 2)
                gauge.add(1)
                histogram.observe(Double(i % 5))
                summary.observe(Double(i % 5))
            }
        }
        let all = Double(threads * perThread)
        #expect(counter.value == all * 1.5)
        #expect(gauge.value == all)
        let parts = registry.values().filter { $0.key.hasPrefix("labelled_total") }
        #expect(parts.count == 2 * min(3, threads))
        #expect(parts.values.reduce(0, +) == 2 * all)
        var expected: [UInt64] = [0, 0, 0, 0]
        var sum = 0.0
        for i in 0..<perThread {
            expected[max(0, min(3, i % 5 - 1))] += UInt64(threads)
            sum += Double(i % 5 * threads)
        }
        #expect(histogram.read().counts == expected)
        #expect(histogram.read().sum == sum)
        #expect(summary.read().count == UInt64(threads * perThread))
        #expect(summary.read().sum == sum)
    }

    @Test func `threads that end give their slots back with all that they counted`() {
        let counter = InstrumentRegistry().counter("events").with()
        for round in 1...60 {
            onThreads(10) { _ in counter.increment() }
            #expect(counter.value == Double(round * 10))
        }
        // 600 threads have been; had they kept their slots, none of the 127 were left.
        #expect(capus_slots_owned() < 127)
    }

    @Test func `more threads than slots share one and stay exact`() {
        let counter = InstrumentRegistry().counter("events").with()
        let histogram = InstrumentRegistry().histogram("sizes", bounds: [1]).with()
        let arrived = Atomic<Int>(0)
        let threads = 200
        onThreads(threads) { _ in
            counter.increment()
            histogram.observe(0.5)
            arrived.add(1, ordering: .sequentiallyConsistent)
            // All are alive at once, so some must share.
            while arrived.load(ordering: .sequentiallyConsistent) < threads { sched_yield() }
            for _ in 0..<1000 {
                counter.increment()
                histogram.observe(2)
            }
        }
        #expect(counter.value == Double(threads * 1001))
        #expect(histogram.read().counts == [UInt64(threads), UInt64(threads * 1000)])
        #expect(histogram.read().sum == Double(threads) * 2000.5)
    }

    @Test func `readers never see a counter go back while threads come and go`() {
        let counter = InstrumentRegistry().counter("events").with()
        let histogram = InstrumentRegistry().histogram("sizes", bounds: [1]).with()
        let isDone = Atomic<Bool>(false)
        let backwards = Atomic<Int>(0)
        onThreads(2) { role in
            if role == 0 {
                for _ in 0..<40 {
                    onThreads(4) { _ in
                        for _ in 0..<500 {
                            counter.increment()
                            histogram.observe(0.5)
                        }
                    }
                }
                isDone.store(true, ordering: .sequentiallyConsistent)
            } else {
                var last = (0.0, UInt64(0))
                while !isDone.load(ordering: .sequentiallyConsistent) {
                    let now = (counter.value, histogram.read().count)
                    if now.0 < last.0 || now.1 < last.1 { backwards.add(1, ordering: .relaxed) }
                    last = now
                }
            }
        }
        #expect(backwards.load(ordering: .relaxed) == 0)
        #expect(counter.value == 80_000)
        #expect(histogram.read().count == 80_000)
    }

    @Test func `label sets come and go while others look them up`() {
        let registry = InstrumentRegistry()
        let family = registry.counter("events")
        let kept = family.with([("kept", "yes")])
        onThreads(4) { thread in
            for i in 0..<3000 {
                kept.increment()
                let series = family.with([("thread", "\(thread)"), ("i", "\(i % 50)")])
                series.increment()
                if i % 3 == 0 { family.remove(series) }
                family.with([("kept", "yes")]).increment()
            }
        }
        #expect(kept.value == 24_000)
        #expect(family.with([("kept", "yes")]) === kept)
        #expect(registry.seriesCount <= 201)
    }

    @Test func `cells are used again, from zero`() {
        let registry = InstrumentRegistry()
        let family = registry.histogram("sizes", bounds: [1, 2, 3, 4, 5, 6, 7])
        for i in 0..<2000 {
            let series = family.with([("i", "\(i)")])
            #expect(series.read().count == 0)
            #expect(series.read().sum == 0)
            series.observe(Double(i % 9))
            family.remove(series)
        }
        #expect(registry.seriesCount == 0)
    }

    @Test func `reset keeps what others add and never shows less than nothing`() {
        let counter = InstrumentRegistry().counter("events").with()
        counter.increment(by: 5)
        counter.increment(by: 1.5)
        counter.reset()
        #expect(counter.value == 0)
        onThreads(3) { thread in
            for _ in 0..<5000 {
                if thread == 0 { counter.reset() } else { counter.increment() }
                precondition(counter.value >= 0 && counter.value <= 10_000)
            }
        }
        counter.reset()
        #expect(counter.value == 0)
    }
}
