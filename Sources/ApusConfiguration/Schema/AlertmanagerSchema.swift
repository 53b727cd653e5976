/// Alertmanager's configuration file (prometheus.io/docs/alerting/latest/configuration).
extension Schema {
    static let alertmanager: [Key] = [
        Key("route", .section(route(depth: 24)), "The tree that finds each alert its receiver."),
        Key("receivers", .list(.section(receiver)), "Where notifications go."),
        Key(
            "inhibit_rules",
            .list(
                .section(
                    Section([
                        Key("name", .text, "Name of the rule."),
                        Key("target_match", .dictionary(.text), "Older form of `target_matchers`."), Key("target_match_re", .dictionary(.text), "Older form."),
                        Key("target_matchers", .list(.text), "Alerts that are muted."),
                        Key("source_match", .dictionary(.text), "Older form of `source_matchers`."), Key("source_match_re", .dictionary(.text), "Older form."),
                        Key("source_matchers", .list(.text), "Alerts that mute."),
                        Key("equal", .list(.text), "Labels that must be equal on both."),
                    ]))), "Alerts that mute others."),
        Key("time_intervals", .list(.section(interval)), "Named times for routes."),
        Key("mute_time_intervals", .list(.section(interval)), "Older form of `time_intervals`."),
        Key("templates", .list(.text), "Files with notification templates."),
    ]

    static let alertmanagerGlobal: [Key] = [
        Key("smtp_from", .text, "Sender of mail."), Key("smtp_smarthost", .text, "Mail server and port."),
        Key("smtp_hello", .text, "Name said to it.", standard: "localhost"),
        Key("smtp_auth_username", .text, "User."), Key("smtp_auth_password", .secret, "Password."),
        Key("smtp_auth_password_file", .text, "File with the password."), Key("smtp_auth_identity", .text, "Identity for PLAIN."),
        Key("smtp_auth_secret", .secret, "Secret for CRAM-MD5."), Key("smtp_auth_secret_file", .text, "File of it."),
        Key("smtp_require_tls", .boolean, "Refuse to send in the clear.", standard: "true"),
        Key("smtp_tls_config", .section(tls), "TLS towards it."), Key("smtp_force_implicit_tls", .boolean, "TLS from the first byte."),
        Key("resolve_timeout", .duration, "When an alert without an end counts as resolved.", standard: "5m"),
        Key("http_config", .section(Section(httpClient)), "HTTP towards receivers."),
        Key("slack_api_url", .secret, "Slack's webhook."), Key("slack_api_url_file", .text, "File of it."),
        Key("slack_app_token", .secret, "Slack app's token."), Key("slack_app_token_file", .text, "File of it."), Key("slack_app_url", .text, "Slack's API."),
        Key("victorops_api_key", .secret, "VictorOps key."), Key("victorops_api_key_file", .text, "File of it."),
        Key("victorops_api_url", .text, "VictorOps URL."),
        Key("pagerduty_url", .text, "PagerDuty's API.", standard: "https://events.pagerduty.com/v2/enqueue"),
        Key("opsgenie_api_key", .secret, "Opsgenie key."), Key("opsgenie_api_key_file", .text, "File of it."), Key("opsgenie_api_url", .text, "Opsgenie URL."),
        Key("rocketchat_api_url", .text, "Rocket.Chat URL."), Key("rocketchat_token", .secret, "Its token."),
        Key("rocketchat_token_file", .text, "File of it."),
        Key("rocketchat_token_id", .secret, "Its user."), Key("rocketchat_token_id_file", .text, "File of it."),
        Key("wechat_api_url", .text, "WeChat URL."), Key("wechat_api_secret", .secret, "Its secret."), Key("wechat_api_secret_file", .text, "File of it."),
        Key("wechat_api_corp_id", .text, "Corporation."),
        Key("telegram_api_url", .text, "Telegram's API."), Key("telegram_bot_token", .secret, "Its token."),
        Key("telegram_bot_token_file", .text, "File of it."),
        Key("webex_api_url", .text, "Webex URL."), Key("jira_api_url", .text, "Jira URL."),
        Key("mattermost_webhook_url", .secret, "Mattermost webhook."), Key("mattermost_webhook_url_file", .text, "File of it."),
    ]

    /// Routes nest; a tree deeper than Alertmanager's users write is refused.
    private static func route(depth: Int) -> Section {
        let nested: [Key] = depth == 0 ? [] : [Key("routes", .list(.section(route(depth: depth - 1))), "Routes tried first, in order.")]
        return Section(
            nested + [
                Key("receiver", .text, "Who is told."),
                Key("group_by", .list(.text), "Labels that make a group; `...` is all."),
                Key("continue", .boolean, "Try the routes behind as well.", standard: "false"),
                Key("match", .dictionary(.text), "Older form of `matchers`."), Key("match_re", .dictionary(.text), "Older form."),
                Key("matchers", .list(.text), "Alerts that take this route."),
                Key("group_wait", .duration, "Wait before the first notification of a group.", standard: "30s"),
                Key("group_interval", .duration, "Wait before one about new alerts of it.", standard: "5m"),
                Key("repeat_interval", .duration, "Wait before saying the same again.", standard: "4h"),
                Key("mute_time_intervals", .list(.text), "Times in which nothing is sent."),
                Key("active_time_intervals", .list(.text), "Times in which alone something is sent."),
            ])
    }

    private static let interval = Section([
        Key("name", .text, "Name for routes."),
        Key(
            "time_intervals",
            .list(
                .section(
                    Section([
                        Key("times", .list(.section(Section([Key("start_time", .text, "HH:MM."), Key("end_time", .text, "HH:MM.")]))), "Times of day."),
                        Key("weekdays", .list(.text), "Days of the week."), Key("days_of_month", .list(.text), "Days of the month, negative from its end."),
                        Key("months", .list(.text), "Months."), Key("years", .list(.text), "Years."), Key("location", .text, "Time zone.", standard: "UTC"),
                    ]))), "When."),
    ])

    private static let resolved = Key("send_resolved", .boolean, "Tell also when it is over.")

    private static func http(_ keys: [Key]) -> Shape {
        .list(.section(Section([resolved, Key("http_config", .section(Section(httpClient)), "HTTP towards it.")] + keys)))
    }

    private static func texts(_ names: String...) -> [Key] { names.map { Key($0, .text, "Text or template.") } }
    private static func secrets(_ names: String...) -> [Key] { names.map { Key($0, .secret, "Secret.") } }
    private static func switches(_ names: String...) -> [Key] { names.map { Key($0, .boolean, "Switch.") } }

    private static let receiver = Section(
        [
            Key("name", .text, "Name for routes."),
            Key(
                "email_configs",
                .list(
                    .section(
                        Section(
                            [resolved]
                                + texts(
                                    "to", "from", "smarthost", "hello", "auth_username", "auth_password_file", "auth_identity", "auth_secret_file", "html",
                                    "text")
                                + secrets("auth_password", "auth_secret") + switches("require_tls", "force_implicit_tls") + [
                                    Key("tls_config", .section(tls), "TLS towards it."), Key("headers", .dictionary(.text), "More headers."),
                                    Key("threading", .anything, "Threads of mail."),
                                ]))), "Mail."),
            Key(
                "slack_configs",
                http(
                    texts(
                        "api_url_file", "channel", "app_url", "app_token_file", "icon_emoji", "icon_url", "username", "color", "fallback", "footer",
                        "message_text", "pretext", "callback_id", "text", "title",
                        "title_link", "image_url", "thumb_url") + secrets("api_url", "app_token") + switches("link_names", "short_fields", "update_message") + [
                            Key("actions", .list(.anything), "Buttons."), Key("fields", .list(.anything), "Fields."),
                            Key("mrkdwn_in", .list(.text), "Parts in markdown."),
                            Key("timeout", .duration, "Time for one delivery."),
                        ]), "Slack."),
            Key(
                "webhook_configs",
                http(
                    texts("url_file") + secrets("url") + [
                        Key("max_alerts", .integer(0...Int.max), "Alerts a message; 0 is all.", standard: "0"),
                        Key("timeout", .duration, "Time for one delivery."),
                        Key("payload", .anything, "Own form of the message."),
                    ]), "Webhook, version 4."),
            Key(
                "pagerduty_configs",
                http(
                    texts(
                        "routing_key_file", "service_key_file", "url", "client", "client_url", "description", "severity", "source", "class", "component",
                        "group")
                        + secrets("routing_key", "service_key") + [
                            Key("details", .dictionary(.text), "Details."), Key("images", .list(.anything), "Images."),
                            Key("links", .list(.anything), "Links."),
                            Key("timeout", .duration, "Time for one delivery."),
                        ]), "PagerDuty."),
            Key(
                "opsgenie_configs",
                http(
                    texts("api_key_file", "api_url", "message", "description", "source", "tags", "note", "priority", "entity", "actions")
                        + secrets("api_key") + switches("update_alerts") + [
                            Key("details", .dictionary(.text), "Details."), Key("responders", .list(.anything), "Who is told."),
                        ]), "Opsgenie."),
            Key(
                "telegram_configs",
                http(
                    texts("api_url", "bot_token_file", "chat_id_file", "message", "parse_mode") + secrets("bot_token")
                        + switches("disable_notifications") + [
                            Key("chat_id", .integer(Int.min...Int.max), "Chat."), Key("message_thread_id", .integer(Int.min...Int.max), "Thread."),
                        ]), "Telegram."),
            Key(
                "discord_configs", http(texts("webhook_url_file", "title", "message", "content", "username", "avatar_url") + secrets("webhook_url")), "Discord."
            ),
            Key("msteams_configs", http(texts("webhook_url_file", "title", "summary", "text") + secrets("webhook_url")), "Microsoft Teams."),
            Key("msteamsv2_configs", http(texts("webhook_url_file", "title", "text") + secrets("webhook_url")), "Microsoft Teams, workflows."),
        ]
            + ["pushover", "rocketchat", "sns", "victorops", "webex", "wechat", "jira", "incidentio", "mattermost"].map {
                Key("\($0)_configs", .list(.anything), "Notifications by \($0).")
            })
}
