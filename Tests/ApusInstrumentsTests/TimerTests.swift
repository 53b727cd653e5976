import ApusInstruments
import Testing

@Suite struct TimerTests {
    private let registry = InstrumentRegistry()

    @Test func `a timer counts from start to stop, once`() {
        let timer = registry.timer("t").with()
        let duration = timer.start().stop()
        #expect(duration >= .zero && duration < .seconds(60))
        #expect(registry.values()["t_count"] == 1)
        _ = timer.start()
        #expect(registry.values()["t_count"] == 1)
    }

    @Test func `measured work is counted also when it throws, with and without waits`() async throws {
        struct Failure: Error {}
        let timer = registry.summaryTimer("t").with([("a", "b")])
        #expect(timer.measure { 7 } == 7)
        #expect(throws: Failure.self) { try timer.measure { () throws(Failure) -> Int in throw Failure() } }
        let five = await timer.measure { () async -> Int in
            await Task.yield()
            return 5
        }
        #expect(five == 5)
        #expect(registry.values()[#"t_count{a="b"}"#] == 3)
    }

    @Test(arguments: [
        (Duration.milliseconds(5), 0.005), (.seconds(-3), 0), (.seconds(Int64.max), 9223372036.854776), (.nanoseconds(1), 1e-9),
    ])
    func `durations of any length are taken`(duration: Duration, seconds: Double) {
        registry.timer("t").with().record(duration)
        #expect(registry.values()["t_sum"] == seconds)
    }
}
