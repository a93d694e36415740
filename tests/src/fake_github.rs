//! GitHub's REST API as far as phase-data asks it. What it answers is checked against GitHub's own description
//! of the API, by `.ci/checks/24-github`. Paths with a repository's id, which the description leaves out although
//! GitHub's own links and redirects have them, are held against those with its name.

mod answers;
mod app;
mod dispatch;
mod world;

use std::sync::{Arc, Mutex, MutexGuard};

use poem::http::{Method, StatusCode};
use poem::listener::TcpAcceptor;
use poem::{Endpoint, Request, Response, Server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use answers::{broken, created, cut_off, not_permitted, redirected, refused, shown};
pub use dispatch::{Dispatched, Workflow};
pub use world::World;
pub use world::{Comment, Fault, Issue};

/// A GitHub of the test's own. It ends with the test's runtime.
pub struct FakeGithub {
    url: String,
    shared: Arc<Mutex<World>>,
}

impl FakeGithub {
    /// Starts it; nothing is there yet.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start() -> Self {
        Self::start_behind(None).await
    }

    /// Starts it behind something that it names as itself in its links.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start_behind(public: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Mutex::new(World::new(public.unwrap_or_else(|| url.clone()))));
        let acceptor = TcpAcceptor::from_tokio(listener).expect("an acceptor");
        tokio::spawn(Server::new_with_acceptor(acceptor).run(Api(shared.clone())));
        Self { url, shared }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the state of this GitHub.
    ///
    /// # Panics
    /// If an answer panicked.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.lock().expect("the world")
    }
}

struct Api(Arc<Mutex<World>>);

impl Endpoint for Api {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let path = request.original_uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let bearer = request.header("authorization").unwrap_or_default().to_owned();
        let body = request.take_body().into_string().await.unwrap_or_default();
        let method = request.method().clone();
        let delay = self.0.lock().expect("the world").delay;
        tokio::time::sleep(delay).await;
        let answer = {
            let mut world = self.0.lock().expect("the world");
            world.asked.push(format!("{method} {path}"));
            world.change();
            match world.fault(&path) {
                Some(Fault::Silence) => None,
                Some(Fault::HangUp) => Some(cut_off()),
                Some(Fault::LostAnswer) => {
                    answer(&mut world, &method, &path, &body);
                    Some(cut_off())
                }
                Some(Fault::Status(status, headers)) => Some(broken(status, &headers)),
                None if is_for_app(&path) && !world.is_signed_by_app(&bearer) => {
                    Some(refused(401, "A JSON web token could not be decoded"))
                }
                None if !bearer.starts_with("Bearer ") => Some(refused(401, "Requires authentication")),
                None if !world.is_good(&bearer) => Some(refused(401, "Bad credentials")),
                None => Some(answer(&mut world, &method, &path, &body)),
            }
        };
        match answer {
            Some(answer) => Ok(answer),
            None => {
                Notify::new().notified().await;
                Ok(Response::default())
            }
        }
    }
}

/// Returns `true` if only the App itself may send the request, with its own token.
fn is_for_app(path: &str) -> bool {
    path.starts_with("/app") || path.ends_with("/installation")
}

fn answer(world: &mut World, method: &Method, path: &str, body: &str) -> Response {
    // Below this an Enterprise Server has the same API.
    let path = path.strip_prefix("/api/v3").unwrap_or(path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) => match &world.login {
            Some(login) => shown(&world.user(login, "User")),
            None => refused(403, "Resource not accessible by integration"),
        },
        ("POST", ["graphql"]) if world.has_graphql => {
            shown(&json!({"data": {"viewer": {"login": world.app_user}}}))
        }
        ("GET", ["app", "installations"]) => world.page(path, query, world.installations()),
        ("POST", ["app", "installations", id, "access_tokens"]) => {
            created(&json!({"token": world.new_token(id), "expires_at": "2099-01-01T00:00:00Z"}))
        }
        (_, ["repositories", id, rest @ ..]) => {
            let id = id.parse().unwrap_or_default();
            in_repository(world, method, id, rest, path, query, body)
        }
        (_, ["repos", owner, name, rest @ ..]) => {
            let name = format!("{owner}/{name}").to_lowercase();
            match (world.called(&name), world.renamed.get(&name)) {
                (Some(id), _) => in_repository(world, method, id, rest, path, query, body),
                (None, Some(id)) => redirected(&world.address(*id), rest, query),
                (None, None) => refused(404, "Not Found"),
            }
        }
        _ => refused(404, "Not Found"),
    }
}

fn in_repository(
    world: &mut World,
    method: &Method,
    id: i64,
    rest: &[&str],
    path: &str,
    query: &str,
    body: &str,
) -> Response {
    let Some(repository) = world.repositories.get(&id).cloned() else { return refused(404, "Not Found") };
    match (method.as_str(), rest) {
        ("GET", []) => shown(&world.repository_json(id, &repository)),
        ("GET", ["installation"]) => match world.installation_on(id) {
            Some(installation) => shown(&installation),
            None => refused(404, "Not Found"),
        },
        ("GET", ["issues"]) if !repository.has_issues => refused(410, "Issues are disabled for this repo"),
        ("GET", ["issues"]) => world.page(path, query, world.list(id, query)),
        ("GET", ["issues", number]) => {
            let number = number.parse().unwrap_or_default();
            match world.issues.get(&(id, number)).cloned() {
                None => refused(404, "Not Found"),
                Some(_) if !repository.has_issues => refused(410, "Issues are disabled for this repo"),
                Some(Issue::Deleted) => refused(410, "This issue was deleted"),
                Some(Issue::Refused(status, message)) => refused(status, message),
                Some(Issue::MovedTo(repository, number)) => {
                    let to = ["issues", &number.to_string()];
                    redirected(&world.address(repository), &to, "")
                }
                Some(issue) => shown(&world.issue_json(id, number, &issue)),
            }
        }
        ("GET", ["issues", number, "events"]) => {
            let number = number.parse().unwrap_or_default();
            world.page(path, query, world.events_of(id, number))
        }
        ("GET", ["issues", number, "comments"]) => {
            let number = number.parse().unwrap_or_default();
            let comments = world.comments_of(id, number);
            world.page(path, query, comments)
        }
        ("POST", ["issues", _, "comments"]) if !world.may_comment => not_permitted(),
        ("PATCH" | "DELETE", ["issues", "comments", _]) if !world.may_comment => not_permitted(),
        ("POST", ["issues", number, "comments"]) if world.locked.contains(&number_of(number)) => {
            refused(403, "Unable to create comment because issue is locked.")
        }
        ("POST", ["issues", number, "comments"]) => {
            let number = number.parse().unwrap_or_default();
            if !matches!(world.issues.get(&(id, number)), Some(Issue::Here { .. })) {
                return refused(404, "Not Found");
            }
            let comment = world.comment(id, number, &text(body));
            created(&comment)
        }
        ("PATCH", ["issues", "comments", comment]) => {
            match world.edit(comment.parse().unwrap_or_default(), &text(body)) {
                Some(comment) => shown(&comment),
                None => refused(404, "Not Found"),
            }
        }
        ("POST", ["actions", "workflows", workflow, "dispatches"]) => world.dispatch(id, workflow, body),
        ("DELETE", ["issues", "comments", comment]) => {
            match world.remove(comment.parse().unwrap_or_default()) {
                true => Response::builder().status(StatusCode::NO_CONTENT).finish(),
                false => refused(404, "Not Found"),
            }
        }
        _ => refused(404, "Not Found"),
    }
}

fn number_of(text: &str) -> i64 {
    text.parse().unwrap_or_default()
}

fn text(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["body"].as_str().unwrap_or_default().to_owned()
}
