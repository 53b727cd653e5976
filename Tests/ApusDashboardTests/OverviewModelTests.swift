import ApusModel
import Testing

@testable import ApusDashboard

struct OverviewModelTests {
    private func run(_ model: OverviewModel, _ host: inout Host, seconds: Int) {
        for _ in 0..<seconds {
            host.pass(seconds: 1)
            host.disks["vda", default: 0] += 1000
            host.networks["eth0", default: 0] += 1000
            model.record(host.batch)
        }
    }

    @Test(arguments: [0, 1, 7, 50, 119])
    func `a viewer that comes back gets each frame it missed, once`(_ missed: Int) {
        let model = OverviewModel.sample()
        var host = Host()
        run(model, &host, seconds: 5)
        let id = model.lastID(now: host.time)
        run(model, &host, seconds: missed)
        let events = OverviewModel.parse(model.events(since: id, now: host.time))
        #expect(events.first?.name == "status")
        #expect(events.dropFirst().allSatisfy { $0.name == "frame" })
        #expect(events.dropFirst().map(\.sequence) == (0..<missed).map { Int64(6 + $0) })
    }

    @Test func `too long away, another run, another layout or nonsense: a snapshot`() {
        let model = OverviewModel.sample()
        var host = Host()
        run(model, &host, seconds: 5)
        let old = model.lastID(now: host.time)
        let epoch = old.split(separator: "-")[0]
        host.disks["vdb", default: 0] += 5
        run(model, &host, seconds: 1)
        for id in [old, nil, "", "x-1-1", "\(epoch)-99-3", "\(epoch)-2-99999", "\(epoch)-2--4", "\(epoch)-2-"] {
            #expect(OverviewModel.parse(model.events(since: id, now: host.time)).map(\.name) == ["snapshot"], "\(id ?? "nil")")
        }
        let recent = model.lastID(now: host.time)
        run(model, &host, seconds: 121)
        #expect(OverviewModel.parse(model.events(since: recent, now: host.time)).map(\.name) == ["snapshot"])
    }

    @Test func `a viewer is told what comes, in order`() async {
        let model = OverviewModel.sample()
        var host = Host()
        run(model, &host, seconds: 3)
        var stream = model.subscribe(after: nil, now: host.time).makeAsyncIterator()
        #expect(model.viewerCount == 1)
        run(model, &host, seconds: 3)
        let first = await stream.next().map(OverviewModel.parse)
        #expect(first?.map(\.name) == ["snapshot"])
        for sequence in Int64(4)...6 {
            let events = await stream.next().map(OverviewModel.parse)
            #expect(events?.last?.name == "frame")
            #expect(events?.last?.sequence == sequence)
        }
    }

    @Test func `silence is broken by a beat after five seconds`() async {
        let model = OverviewModel.sample()
        var host = Host()
        run(model, &host, seconds: 3)
        var stream = model.subscribe(after: model.lastID(now: host.time), now: host.time).makeAsyncIterator()
        _ = await stream.next()
        model.tick(now: host.time + 1000)
        model.tick(now: host.time + 6000)
        let events = await stream.next().map(OverviewModel.parse)
        #expect(events?.map(\.name) == ["beat"])
        model.tick(now: host.time + 31_000)
        let later = await stream.next().map(OverviewModel.parse)
        #expect(later?.map(\.name) == ["status"])
    }

    @Test func `a viewer that does not read is cut off`() async {
        let model = OverviewModel.sample()
        var host = Host()
        run(model, &host, seconds: 3)
        let stream = model.subscribe(after: nil, now: host.time)
        run(model, &host, seconds: 40)
        #expect(model.viewerCount == 0)
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count == 32)
    }

    @Test func `a viewer that goes is forgotten, and the oldest of too many is ended`() async {
        let model = OverviewModel.sample()
        let first = model.subscribe(after: nil, now: 0)
        var others = (0..<64).map { _ in model.subscribe(after: nil, now: 0) }
        #expect(model.viewerCount == 64)
        var count = 0
        for await _ in first { count += 1 }
        #expect(count == 1)
        others.removeAll()
        #expect(model.viewerCount == 0)
    }

    @Test func `batches without host metrics and times that go back change nothing`() {
        let model = OverviewModel.sample()
        var host = Host()
        run(model, &host, seconds: 3)
        let before = model.lastID(now: host.time)
        var foreign = WriteBatch()
        foreign.append(["__name__": "up"], time: host.time + 1000, value: 1)
        model.record(foreign)
        model.record(WriteBatch())
        host.time -= 60_000
        model.record(host.batch)
        #expect(model.lastID(now: host.time) == before)
    }

    @Test func `fifteen minutes at one second stay below the page's budget`() {
        let model = OverviewModel.sample()
        var host = Host()
        run(model, &host, seconds: 1200)
        let json = model.snapshot(now: host.time).json
        #expect(json.count < 60_000)
        let text = String(decoding: json, as: UTF8.self)
        #expect(!text.contains("nan") && !text.contains("inf"))
    }
}
