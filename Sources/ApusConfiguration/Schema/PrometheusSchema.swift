/// Prometheus 3's configuration file (prometheus.io/docs/prometheus/latest/configuration/configuration).
extension Schema {
    static let prometheus: [Key] = [
        Key("scrape_configs", .list(.section(scrape)), "Targets to scrape."),
        Key("scrape_config_files", .list(.text), "Files with more scrape configurations."),
        Key("rule_files", .list(.text), "Files with recording and alerting rules."),
        Key(
            "alerting",
            .section(
                Section([
                    Key("alert_relabel_configs", .list(.section(relabel)), "Relabelling of alerts before they are sent."),
                    Key(
                        "alertmanagers",
                        .list(
                            .section(
                                Section(
                                    httpClient + discovery + [
                                        Key("timeout", .duration, "Time for one delivery.", standard: "10s"),
                                        Key("path_prefix", .text, "Path before the API's.", standard: "/"),
                                        Key("scheme", .choice(["http", "https"]), "Protocol.", standard: "http"),
                                        Key("api_version", .choice(["v1", "v2"]), "API to speak.", standard: "v2"),
                                        Key("relabel_configs", .list(.section(relabel)), "Relabelling of discovered Alertmanagers."),
                                        Key("alert_relabel_configs", .list(.section(relabel)), "Relabelling of alerts for these Alertmanagers."),
                                        Key("sigv4", .anything, "AWS signing."),
                                    ]))), "Alertmanagers to send alerts to."),
                ])), "Where alerts go."),
        Key("remote_write", .list(.section(remoteWrite)), "Servers that get a copy of each sample."),
        Key("remote_read", .list(.section(remoteRead)), "Servers that are asked beside the local store."),
        Key("storage", .section(storage), "Where and how long samples are kept."),
        Key("tracing", .anything, "Tracing of the server itself."),
        Key(
            "otlp",
            .section(
                Section([
                    Key("promote_resource_attributes", .list(.text), "Resource attributes that become labels."),
                    Key("promote_all_resource_attributes", .boolean, "Make all of them labels.", standard: "false"),
                    Key("ignore_resource_attributes", .list(.text), "Those left out of all."),
                    Key("promote_scope_metadata", .boolean, "Scope name and version as labels.", standard: "false"),
                    Key(
                        "translation_strategy",
                        .choice(["UnderscoreEscapingWithSuffixes", "NoUTF8EscapingWithSuffixes", "UnderscoreEscapingWithoutSuffixes", "NoTranslation"]),
                        "How names are translated.", standard: "UnderscoreEscapingWithSuffixes"),
                    Key("keep_identifying_resource_attributes", .boolean, "Keep `service.*` in `target_info`.", standard: "false"),
                    Key("convert_histograms_to_nhcb", .boolean, "Classic histograms as native ones with custom buckets.", standard: "false"),
                ])), "OpenTelemetry metrics."),
        Key(
            "runtime",
            .section(
                Section([
                    Key("gogc", .number, "Prometheus's own garbage collector; has no meaning here.")
                ])), "Prometheus's process; has no meaning here."),
    ]

    static let prometheusGlobal: [Key] = [
        Key("scrape_interval", .duration, "How often targets are scraped.", standard: "1m"),
        Key("scrape_timeout", .duration, "Time for one scrape.", standard: "10s"),
        Key("scrape_protocols", .list(.text), "Formats asked for, best first."),
        Key("evaluation_interval", .duration, "How often rules are evaluated; also the step of a subquery that names none.", standard: "1m"),
        Key("rule_query_offset", .duration, "How far back rules ask.", standard: "0s"),
        Key("external_labels", .dictionary(.text), "Labels added to what leaves this server."),
        Key("query_log_file", .text, "File for a line a query."),
        Key("scrape_failure_log_file", .text, "File for failed scrapes."),
        Key("body_size_limit", .byteCount, "Largest scrape; 0 is no limit.", standard: "0"),
        Key("sample_limit", .integer(0...Int.max), "Samples a scrape; 0 is no limit.", standard: "0"),
        Key("label_limit", .integer(0...Int.max), "Labels a sample; 0 is no limit.", standard: "0"),
        Key("label_name_length_limit", .integer(0...Int.max), "Bytes of a label's name; 0 is no limit.", standard: "0"),
        Key("label_value_length_limit", .integer(0...Int.max), "Bytes of a label's value; 0 is no limit.", standard: "0"),
        Key("target_limit", .integer(0...Int.max), "Targets a job; 0 is no limit.", standard: "0"),
        Key("keep_dropped_targets", .integer(0...Int.max), "Dropped targets remembered; 0 is no limit.", standard: "0"),
        Key("metric_name_validation_scheme", .choice(["utf8", "legacy"]), "What names may hold.", standard: "utf8"),
        Key(
            "metric_name_escaping_scheme", .choice(["allow-utf-8", "underscores", "dots", "values"]), "How names are escaped when asked for.",
            standard: "allow-utf-8"),
        Key("scrape_native_histograms", .boolean, "Keep native histograms that are scraped.", standard: "false"),
        Key("convert_classic_histograms_to_nhcb", .boolean, "Classic histograms as native ones with custom buckets.", standard: "false"),
        Key("always_scrape_classic_histograms", .boolean, "Keep classic buckets beside native ones.", standard: "false"),
    ]

    static let relabel = Section([
        Key("source_labels", .list(.text), "Labels whose values are joined."),
        Key("separator", .text, "Between the joined values.", standard: ";"),
        Key("target_label", .text, "Label that gets the result."),
        Key("regex", .text, "Expression that the joined values must match.", standard: "(.*)"),
        Key("modulus", .integer(1...Int.max), "For `hashmod`."),
        Key("replacement", .text, "What is written, with `$1` for groups.", standard: "$1"),
        Key(
            "action",
            .choice(["replace", "Replace", "lowercase", "uppercase", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep"]
            ), "What is done on a match.", standard: "replace"),
    ])

    static let tls = Section([
        Key("ca", .text, "Certificate authority, PEM."), Key("ca_file", .text, "File of it."), Key("ca_ref", .text, "Named secret."),
        Key("cert", .text, "Client certificate, PEM."), Key("cert_file", .text, "File of it."), Key("cert_ref", .text, "Named secret."),
        Key("key", .secret, "Client key, PEM."), Key("key_file", .text, "File of it."), Key("key_ref", .text, "Named secret."),
        Key("server_name", .text, "Name expected in the certificate."),
        Key("insecure_skip_verify", .boolean, "Accept any certificate.", standard: "false"),
        Key("min_version", .choice(["TLS10", "TLS11", "TLS12", "TLS13"]), "Oldest protocol."),
        Key("max_version", .choice(["TLS10", "TLS11", "TLS12", "TLS13"]), "Newest protocol."),
    ])

    static let proxy: [Key] = [
        Key("proxy_url", .text, "Proxy to go through."),
        Key("no_proxy", .text, "Hosts reached without it."),
        Key("proxy_from_environment", .boolean, "Take it from the environment.", standard: "false"),
        Key("proxy_connect_header", .dictionary(.list(.secret)), "Headers for it."),
    ]

    static let httpClient: [Key] =
        proxy + [
            Key(
                "basic_auth",
                .section(
                    Section([
                        Key("username", .text, "User."), Key("username_file", .text, "File with the user."),
                        Key("username_ref", .text, "Named secret."),
                        Key("password", .secret, "Password."), Key("password_file", .text, "File with the password."),
                        Key("password_ref", .text, "Named secret."),
                    ])), "HTTP basic authentication."),
            Key(
                "authorization",
                .section(
                    Section([
                        Key("type", .text, "Scheme.", standard: "Bearer"),
                        Key("credentials", .secret, "Credentials."), Key("credentials_file", .text, "File of them."),
                        Key("credentials_ref", .text, "Named secret."),
                    ])), "The `Authorization` header."),
            Key("bearer_token", .secret, "Older form of `authorization`."),
            Key("bearer_token_file", .text, "Older form of `authorization`."),
            Key(
                "oauth2",
                .section(
                    Section(
                        proxy + [
                            Key("client_id", .text, "Client."), Key("client_secret", .secret, "Its secret."),
                            Key("client_secret_file", .text, "File of it."), Key("client_secret_ref", .text, "Named secret."),
                            Key("client_certificate_key", .secret, "Key for JWT."), Key("client_certificate_key_file", .text, "File of it."),
                            Key("client_certificate_key_ref", .text, "Named secret."),
                            Key("client_certificate_key_id", .text, "Its id."), Key("grant_type", .text, "Grant."),
                            Key("signature_algorithm", .text, "For JWT."), Key("iss", .text, "Issuer."), Key("audience", .text, "Audience."),
                            Key("claims", .dictionary(.anything), "More claims."),
                            Key("scopes", .list(.text), "Scopes."), Key("token_url", .text, "Where tokens come from."),
                            Key("endpoint_params", .dictionary(.text), "More parameters."),
                            Key("tls_config", .section(tls), "TLS towards it."),
                        ])), "OAuth 2.0 client credentials."),
            Key("tls_config", .section(tls), "TLS towards the server."),
            Key("follow_redirects", .boolean, "Follow redirects.", standard: "true"),
            Key("enable_http2", .boolean, "Speak HTTP/2.", standard: "true"),
            Key(
                "http_headers",
                .dictionary(
                    .section(
                        Section([
                            Key("values", .list(.text), "Values."), Key("secrets", .list(.secret), "Secret values."),
                            Key("files", .list(.text), "Files with values."),
                        ]))), "More headers."),
        ]

    /// Service discovery: what a static list says is checked; the others are left to the version that acts on them.
    static let discovery: [Key] =
        [
            Key(
                "static_configs",
                .list(
                    .section(
                        Section([
                            Key("targets", .list(.text), "Addresses."), Key("labels", .dictionary(.text), "Labels for them."),
                        ]))), "Fixed targets."),
            Key(
                "file_sd_configs",
                .list(
                    .section(
                        Section([
                            Key("files", .list(.text), "Files with target groups."),
                            Key("refresh_interval", .duration, "How often they are read anew.", standard: "5m"),
                        ]))), "Targets from files."),
            Key(
                "http_sd_configs",
                .list(
                    .section(
                        Section(
                            httpClient + [
                                Key("url", .text, "Where the target groups are."),
                                Key("refresh_interval", .duration, "How often they are fetched.", standard: "1m"),
                            ]))), "Targets from a URL."),
            Key(
                "dns_sd_configs",
                .list(
                    .section(
                        Section([
                            Key("names", .list(.text), "Names to look up."),
                            Key("type", .choice(["SRV", "A", "AAAA", "MX", "NS"]), "Record.", standard: "SRV"),
                            Key("port", .integer(0...65_535), "Port where the record has none."),
                            Key("refresh_interval", .duration, "How often they are looked up.", standard: "30s"),
                        ]))), "Targets from DNS."),
        ]
        + [
            "azure", "consul", "digitalocean", "docker", "dockerswarm", "ec2", "eureka", "gce", "hetzner", "ionos", "kubernetes",
            "kuma", "lightsail", "linode", "marathon", "nerve", "nomad", "openstack", "ovhcloud", "puppetdb", "scaleway",
            "serverset", "stackit", "triton", "uyuni", "vultr",
        ].map { Key("\($0)_sd_configs", .list(.anything), "Targets from \($0).") }

    static let scrape = Section(
        httpClient + discovery + [
            Key("job_name", .text, "Name of the job."),
            Key("scrape_interval", .duration, "How often."), Key("scrape_timeout", .duration, "Time for one scrape."),
            Key("scrape_protocols", .list(.text), "Formats asked for, best first."),
            Key("fallback_scrape_protocol", .text, "Format taken when the target names none."),
            Key("scrape_native_histograms", .boolean, "Keep native histograms."),
            Key("scrape_classic_histograms", .boolean, "Older name of `always_scrape_classic_histograms`."),
            Key("always_scrape_classic_histograms", .boolean, "Keep classic buckets beside native ones."),
            Key("convert_classic_histograms_to_nhcb", .boolean, "Classic histograms as native ones."),
            Key("metrics_path", .text, "Path.", standard: "/metrics"),
            Key("honor_labels", .boolean, "Scraped labels win over the target's.", standard: "false"),
            Key("honor_timestamps", .boolean, "Use the target's timestamps.", standard: "true"),
            Key("track_timestamps_staleness", .boolean, "Mark series stale that carry their own timestamps.", standard: "false"),
            Key("scheme", .choice(["http", "https"]), "Protocol.", standard: "http"),
            Key("params", .dictionary(.list(.text)), "Query parameters."),
            Key("enable_compression", .boolean, "Ask for gzip.", standard: "true"),
            Key("scrape_failure_log_file", .text, "File for failed scrapes."),
            Key("relabel_configs", .list(.section(relabel)), "Relabelling of targets."),
            Key("metric_relabel_configs", .list(.section(relabel)), "Relabelling of samples."),
            Key("body_size_limit", .byteCount, "Largest scrape."),
            Key("sample_limit", .integer(0...Int.max), "Samples a scrape."), Key("label_limit", .integer(0...Int.max), "Labels a sample."),
            Key("label_name_length_limit", .integer(0...Int.max), "Bytes of a name."),
            Key("label_value_length_limit", .integer(0...Int.max), "Bytes of a value."),
            Key("target_limit", .integer(0...Int.max), "Targets."), Key("keep_dropped_targets", .integer(0...Int.max), "Dropped targets remembered."),
            Key("native_histogram_bucket_limit", .integer(0...Int.max), "Buckets of a native histogram."),
            Key("native_histogram_min_bucket_factor", .number, "Least growth of a bucket."),
            Key("metric_name_validation_scheme", .choice(["utf8", "legacy"]), "What names may hold."),
            Key("metric_name_escaping_scheme", .choice(["allow-utf-8", "underscores", "dots", "values"]), "How names are escaped when asked for."),
        ])

    private static let remoteWrite = Section(
        httpClient + [
            Key("url", .text, "Where to write."), Key("name", .text, "Name in metrics and logs."),
            Key("protobuf_message", .choice(["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]), "Protocol.", standard: "prometheus.WriteRequest"),
            Key("remote_timeout", .duration, "Time for a request.", standard: "30s"),
            Key("headers", .dictionary(.secret), "More headers."),
            Key("write_relabel_configs", .list(.section(relabel)), "Relabelling before sending."),
            Key("send_exemplars", .boolean, "Send exemplars.", standard: "false"),
            Key("send_native_histograms", .boolean, "Send native histograms.", standard: "false"),
            Key("round_robin_dns", .boolean, "Spread over all addresses of the name.", standard: "false"),
            Key("sigv4", .anything, "AWS signing."), Key("azuread", .anything, "Azure authentication."), Key("google_iam", .anything, "Google authentication."),
            Key(
                "queue_config",
                .section(
                    Section([
                        Key("capacity", .integer(1...Int.max), "Samples waiting a shard.", standard: "10000"),
                        Key("max_shards", .integer(1...Int.max), "Most shards.", standard: "50"),
                        Key("min_shards", .integer(1...Int.max), "Fewest shards.", standard: "1"),
                        Key("max_samples_per_send", .integer(1...Int.max), "Samples a request.", standard: "2000"),
                        Key("batch_send_deadline", .duration, "Longest wait for a full request.", standard: "5s"),
                        Key("min_backoff", .duration, "First wait after a failure.", standard: "30ms"),
                        Key("max_backoff", .duration, "Longest wait.", standard: "5s"),
                        Key("retry_on_http_429", .boolean, "Retry when told to slow down.", standard: "false"),
                        Key("sample_age_limit", .duration, "Older samples are dropped; 0 is no limit.", standard: "0s"),
                    ])), "The queue towards it."),
            Key(
                "metadata_config",
                .section(
                    Section([
                        Key("send", .boolean, "Send metadata.", standard: "true"), Key("send_interval", .duration, "How often.", standard: "1m"),
                        Key("max_samples_per_send", .integer(1...Int.max), "Metrics a request.", standard: "2000"),
                    ])), "Metadata towards it."),
        ])

    private static let remoteRead = Section(
        httpClient + [
            Key("url", .text, "Where to read."), Key("name", .text, "Name in metrics and logs."),
            Key("required_matchers", .dictionary(.text), "Asked only when the selector has these."),
            Key("remote_timeout", .duration, "Time for a request.", standard: "1m"),
            Key("headers", .dictionary(.secret), "More headers."),
            Key("read_recent", .boolean, "Ask also for times the local store has.", standard: "false"),
            Key("chunked_read_limit", .integer(0...Int.max), "Largest frame of a streamed answer, in bytes.", standard: "50000000"),
            Key("filter_external_labels", .boolean, "Use external labels as matchers.", standard: "true"),
        ])

    private static let storage = Section([
        Key("path", .text, "The data directory (`--data`).", standard: "data"),
        Key(
            "tsdb",
            .section(
                Section([
                    Key(
                        "retention",
                        .section(
                            Section([
                                Key("time", .retention, "How long samples are kept.", standard: "30d"),
                                Key("size", .byteCount, "Bytes on disk above which the oldest blocks go; 0 is no limit.", standard: "10GB"),
                                Key("percentage", .number, "Share of the disk; not acted on."),
                            ])), "What goes first when there is too much."),
                    Key(
                        "sync", .choice(["interval", "always"]), "When the log reaches the disk itself: every 100 ms, or before each answer.",
                        standard: "interval"),
                    Key("out_of_order_time_window", .duration, "Accepted; Apus takes samples of any age inside the retention."),
                ])), "The series database."),
        Key(
            "exemplars",
            .section(
                Section([
                    Key("max_exemplars", .integer(-1...Int.max), "Exemplars kept; not acted on.")
                ])), "Exemplars."),
    ])
}
