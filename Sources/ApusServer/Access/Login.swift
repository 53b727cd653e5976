internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

/// A form for the token, which gives the browser a cookie in its place: tokens do not belong in addresses, and a page's
/// scripts never see the cookie.
struct Login: Sendable {
    let authorizer: Authorizer

    func form(status: HTTPResponse.Status, message: String?) -> Response {
        let nonce = randomHexadecimal(byteCount: 16)
        let note = message.map { "<p role=alert>\($0)</p>" } ?? ""
        let page = """
            <!doctype html>
            <html lang=en>
            <meta charset=utf-8>
            <meta name=viewport content="width=device-width, initial-scale=1">
            <meta name=color-scheme content="light dark">
            <title>Apus: log in</title>
            <style nonce=\(nonce)>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 0 1rem }
            input, button { font: inherit; box-sizing: border-box; width: 100%; min-height: 44px; margin-top: .5rem }
            </style>
            <h1>Apus</h1>
            \(note)
            <form method=post action=/login>
            <label>Access token <input name=token type=password autocomplete=current-password required autofocus></label>
            <button>Log in</button>
            </form>
            </html>

            """
        // Under "no-referrer" browsers send the form with `Origin: null`, which is refused as another site's.
        let headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            .frameOptions: "DENY", .referrerPolicy: "same-origin",
            .contentSecurityPolicy:
                "default-src 'none'; style-src 'nonce-\(nonce)'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ]
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
    }

    /// Takes the form.
    func submit(_ form: FormParameters, isEncrypted: Bool, now: Int64) throws -> Response {
        guard let token = try authorizer.login(form["token"] ?? "", now: now) else {
            return self.form(status: .unauthorized, message: "That token is not known here.")
        }
        let id = authorizer.sessions.start(token.role, now: now)
        var cookie = "\(SessionTable.cookieName)=\(id); Path=/; Max-Age=\(SessionTable.lifetimeSeconds); HttpOnly; SameSite=Strict"
        if isEncrypted { cookie += "; Secure" }
        return Response(status: .seeOther, headers: [.location: "/", .setCookie: cookie, .cacheControl: "no-store"])
    }

    func end(_ request: HTTPRequest) -> Response {
        if let id = authorizer.sessionID(request) { authorizer.sessions.end(id) }
        let cookie = "\(SessionTable.cookieName)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        return Response(status: .seeOther, headers: [.location: "/login", .setCookie: cookie, .cacheControl: "no-store"])
    }
}
