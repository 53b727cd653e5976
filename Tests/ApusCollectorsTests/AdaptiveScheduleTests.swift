import ApusCollectors
import Testing

struct AdaptiveScheduleTests {
    private let start: Int64 = 1_700_000_003_217

    @Test func `the first sample is due at once, the second after 250 ms, then on the clock`() {
        var schedule = AdaptiveSchedule(now: start)
        #expect(schedule.dueMilliseconds == start)
        #expect(schedule.sampled(loadRatio: 0.1, costSeconds: 0.0005, now: start) == start + 250)
        #expect(schedule.sampled(loadRatio: 0.1, costSeconds: 0.0005, now: start + 251) == 1_700_000_010_000)
        #expect(schedule.sampled(loadRatio: 0.1, costSeconds: 0.0005, now: 1_700_000_010_002) == 1_700_000_020_000)
    }

    @Test func `an hour: calm, a busy quarter, calm again`() {
        var schedule = AdaptiveSchedule(now: start)
        var due = schedule.dueMilliseconds
        var times: [Int64] = []
        while due < start + 3_600_000 {
            times.append(due)
            let minute = (due - start) / 60_000
            due = schedule.sampled(loadRatio: (20..<35).contains(minute) ? 0.97 : 0.2, costSeconds: 0.0004, now: due + 3)
        }
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }.dropFirst(2)
        #expect(times.dropFirst(2).allSatisfy { $0 % 10_000 == 0 })
        #expect(gaps.allSatisfy { (10_000...30_000).contains($0) && $0 % 10_000 == 0 })
        // 45 minutes at 10 s, 15 at 30 s, give or take the steps between.
        #expect((295...305).contains(times.count))
        #expect(gaps.filter { $0 == 30_000 }.count >= 28)
        #expect(gaps.last == 10_000)
    }

    @Test func `between calm and busy the interval stays`() {
        var schedule = AdaptiveSchedule(now: 0)
        for load in [0.1, 0.9, 0.9] { schedule.sampled(loadRatio: load, costSeconds: 0, now: schedule.dueMilliseconds) }
        #expect(schedule.intervalMilliseconds == 30_000)
        for _ in 0..<10 { schedule.sampled(loadRatio: 0.7, costSeconds: 0, now: schedule.dueMilliseconds) }
        #expect(schedule.intervalMilliseconds == 30_000)
        schedule.sampled(loadRatio: .nan, costSeconds: .nan, now: schedule.dueMilliseconds)
        #expect(schedule.intervalMilliseconds == 20_000)
    }

    @Test func `a dear cycle stretches the interval at once`() {
        var schedule = AdaptiveSchedule(now: 0)
        schedule.sampled(loadRatio: 0, costSeconds: 0.15, now: 0)
        schedule.sampled(loadRatio: 0, costSeconds: 0.15, now: 250)
        #expect(schedule.intervalMilliseconds == 20_000)
        schedule.sampled(loadRatio: 0, costSeconds: 9, now: 20_000)
        #expect(schedule.intervalMilliseconds == 30_000)
    }

    @Test func `missed times are skipped, an early wake-up does not repeat one, a clock set back does not stall`() {
        var schedule = AdaptiveSchedule(now: 0)
        schedule.sampled(loadRatio: 0, costSeconds: 0, now: 0)
        #expect(schedule.sampled(loadRatio: 0, costSeconds: 0, now: 250) == 10_000)
        #expect(schedule.sampled(loadRatio: 0, costSeconds: 0, now: 9_998) == 20_000)
        #expect(schedule.sampled(loadRatio: 0, costSeconds: 0, now: 57_000) == 60_000)
        #expect(schedule.sampled(loadRatio: 0, costSeconds: 0, now: -3_600_001) == -3_600_000)
    }

    @Test(arguments: [(1, 1000), (1000, 1000), (300_000, 300_000), (Int64.max, 3_600_000)] as [(Int64, Int64)])
    func `the base interval is kept within one second and an hour`(asked: Int64, given: Int64) {
        var settings = AdaptiveSchedule.Settings()
        settings.baseIntervalMilliseconds = asked
        #expect(AdaptiveSchedule(settings: settings, now: 0).intervalMilliseconds == given)
    }
}
