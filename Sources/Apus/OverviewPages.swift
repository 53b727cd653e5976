internal import ApusDashboard
internal import ApusPlatform
internal import ApusServer

/// Mounts the dashboard in the server.
struct OverviewPages: PageSource {
    let model: OverviewModel
    let clock: any WallClock

    func page(nonce: String) async -> PageContent {
        let snapshot = model.snapshot(now: clock.nowMilliseconds)
        let headers =
            Page.headers + [
                ("Content-Security-Policy", Page.contentSecurityPolicy(nonce: nonce)), ("Cache-Control", "no-store"),
            ]
        return PageContent(bytes: Page.render(snapshot, nonce: nonce), contentType: Page.contentType, headers: headers)
    }

    func asset(_ path: String) -> PageContent? {
        Assets.lookup(path).map { asset in
            PageContent(
                bytes: asset.bytes, contentType: asset.contentType, entityTag: asset.etag, headers: [("Cache-Control", asset.cacheControl)])
        }
    }

    func overview() async -> [UInt8] { model.snapshot(now: clock.nowMilliseconds).json }

    func overviewEvents(after: String?) async -> AsyncStream<[UInt8]> { model.subscribe(after: after, now: clock.nowMilliseconds) }
}
