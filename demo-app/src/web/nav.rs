//! What there is to click on: for the navigation, and for the start page.

/// A page.
pub(super) struct Link {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// The event that it makes, apart from that of the request.
    pub(super) event: Option<&'static str>,
}

/// Pages that belong together.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) links: &'static [Link],
}

/// All of them, in the order in which they are shown.
pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "Pages",
        links: &[
            Link {
                path: "/users-fast",
                name: "Users, fast",
                what: "Twenty users and their to-do items in one joined query.",
                event: Some("demo.repo.query"),
            },
            Link {
                path: "/users-slow",
                name: "Users, slow",
                what: "The same page with 1 + 20 queries: the N+1 problem.",
                event: Some("demo.repo.query"),
            },
            Link {
                path: "/slow",
                name: "Slow",
                what: "Takes two seconds. Leave earlier, and the request is counted as cancelled.",
                event: Some("demo.endpoint.stop"),
            },
            Link {
                path: "/fail",
                name: "Failure",
                what: "Answers 500, so that there is an error to count.",
                event: Some("demo.endpoint.stop"),
            },
            Link {
                path: "/panic",
                name: "Panic",
                what: "The handler panics. The server lives, and counts an exception.",
                event: Some("demo.endpoint.exception"),
            },
        ],
    },
    Group {
        name: "Account",
        links: &[
            Link {
                path: "/sign-up",
                name: "Sign up",
                what: "Become a user, and be welcomed: a command, an event, and what comes of it.",
                event: Some("demo.accounts.sign_up"),
            },
            Link {
                path: "/log-in",
                name: "Log in",
                what: "Or try to: wrong passwords are counted, and nobody learns whose.",
                event: Some("demo.accounts.log_in"),
            },
            Link {
                path: "/me",
                name: "Your page",
                what: "Your to-do items and your messages.",
                event: Some("demo.todos.change"),
            },
            Link {
                path: "/activity",
                name: "Activity",
                what: "What everybody did, made of stored events, each with its trace.",
                event: Some("demo.projection.apply.stop"),
            },
        ],
    },
    Group {
        name: "Work",
        links: &[
            Link {
                path: "/jobs",
                name: "Jobs",
                what: "Leave work to a queue: quick, slow, flaky and crashing, in the request's trace.",
                event: Some("demo.jobs.attempt.stop"),
            },
            Link {
                path: "/quote",
                name: "Quote",
                what: "Asks another service, which fails now and then. Each call is counted.",
                event: Some("demo.upstream.stop"),
            },
        ],
    },
    Group {
        name: "Live",
        links: &[Link {
            path: "/live",
            name: "Live",
            what: "Buttons that are handled on the server, over a WebSocket.",
            event: Some("demo.live.handle_event.stop"),
        }],
    },
    Group {
        name: "Numbers",
        links: &[
            Link {
                path: "/metrics",
                name: "Metrics",
                what: "Every number as Prometheus scrapes it.",
                event: None,
            },
            Link {
                path: "/dashboard",
                name: "Dashboard",
                what: "All of it live: charts with their past, events, traces, what is wrong right now.",
                event: Some("telemetry.n_plus_one"),
            },
            Link {
                path: "/health",
                name: "Health",
                what: "Whether the application runs, and how its reporters fare.",
                event: None,
            },
        ],
    },
];
