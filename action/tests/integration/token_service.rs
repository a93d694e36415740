//! The runner's side of id tokens: it speaks GitHub's protocol, and refuses whoever does not.

use crate::backend::{Answer, Backend, Request};
use crate::step::Step;

/// The secret that a job asks for tokens with.
pub(crate) const REQUEST_TOKEN: &str = "eyJhbGciOi.request_token.0123456789-abcdef";

/// A token service at an address of its own.
pub(crate) struct TokenService(Backend);

/// The token that the service gives when it is asked for the `n`th time. It is as long as a real one.
pub(crate) fn id_token(n: usize) -> String {
    format!("eyJ0eXAiOiJKV1Qi.{}{n}.signature-_{n}", "eyJqdGkiOiI4ZGE4_-".repeat(60))
}

impl TokenService {
    /// One that always gives a token, another each time.
    pub(crate) fn start() -> Self {
        Self::failing_first(Vec::new())
    }

    /// One that gives a single token, and is gone then.
    pub(crate) fn giving_one() -> Self {
        let mut asked = 0;
        Self(Backend::responding(move |request| {
            asked += 1;
            (asked == 1).then(|| answer(request, asked))
        }))
    }

    /// One that gives these answers before it begins to give tokens.
    pub(crate) fn failing_first(answers: Vec<Answer>) -> Self {
        let mut answers = answers.into_iter();
        let mut asked = 0;
        Self(Backend::responding(move |request| {
            asked += 1;
            Some(answers.next().unwrap_or_else(|| answer(request, asked)))
        }))
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.0.requests()
    }

    /// Sets the variables of a job with the permission `id-token: write`.
    pub(crate) fn offered_to(&self, step: Step) -> Step {
        step.variable("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("{}/job/7?api-version=2.0", self.0.url))
            .variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN)
    }

    /// A step with these tokens and without any secret.
    pub(crate) fn step(&self, operation: &str, url: &str) -> Step {
        self.offered_to(Step::new(operation, url).without("INPUT_API-KEY"))
    }
}

fn answer(request: &Request, asked: usize) -> Answer {
    let authorized = request.header("authorization") == Some(format!("bearer {REQUEST_TOKEN}").as_str());
    let version = request.header("accept") == Some("application/json; api-version=2.0");
    let path = request.line.starts_with("GET /job/7?api-version=2.0&audience=");
    match (authorized, version, path) {
        (false, ..) => Answer::new(401, "text/plain", "no request token"),
        (_, true, true) => Answer::json(200, format!(r#"{{"count":1,"value":"{}"}}"#, id_token(asked))),
        _ => Answer::new(400, "text/plain", "not the protocol"),
    }
}
