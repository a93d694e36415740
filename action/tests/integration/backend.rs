//! A socket that gives prepared answers and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use phase_data_wire::{Problem, ProblemCode};

/// One prepared answer.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    length: Length,
    delay: Duration,
}

/// The stated length of an answer.
enum Length {
    /// As long as its body.
    Whole,
    /// It announces this length, and nothing comes.
    Announced(u64),
    /// Its body comes again and again until the client hangs up.
    Endless,
    /// No answer: the connection is closed.
    None,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and target.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// A backend that answers once per prepared answer.
pub(crate) struct Backend {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, body: body.into(), length: Length::Whole, delay: Duration::ZERO }
    }

    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, "application/json; charset=utf-8", body)
    }

    pub(crate) fn problem(code: ProblemCode, detail: &str) -> Self {
        let problem = Problem::new(code, detail, "req-1");
        let body = serde_json::to_string(&problem).expect("JSON");
        Self::new(code.status(), "application/problem+json", body)
    }

    /// The events of the issue, as the backend lists them.
    pub(crate) fn events(events: &[String]) -> Self {
        let events = events.join(",");
        Self::json(200, format!(r#"{{"repository":"octo/hello","issue_number":42,"events":[{events}]}}"#))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, announced to have this length.
    pub(crate) fn announcing(mut self, length: u64) -> Self {
        self.length = Length::Announced(length);
        self
    }

    /// The same, without an end.
    pub(crate) fn endless(mut self) -> Self {
        self.length = Length::Endless;
        self
    }

    /// The same, this much later.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// No answer: the connection is closed.
    pub(crate) fn closing(mut self) -> Self {
        self.length = Length::None;
        self
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    #[expect(clippy::disallowed_methods, reason = "the thread serves this connection only")]
    fn wait(&self) {
        std::thread::sleep(self.delay);
    }

    /// An answer that is prepared before its backend calls that `http://backend`, as steps do.
    fn write(&self, stream: &mut TcpStream, own: &str) -> std::io::Result<()> {
        self.wait();
        let body = self.body.replace("http://backend", own);
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {} X\r\n{headers}connection: close\r\n", self.status);
        match self.length {
            Length::Whole => write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()),
            Length::Announced(length) => {
                write!(stream, "{head}content-length: {length}\r\n\r\n")?;
                // It stays open until the client hangs up.
                stream.read(&mut [0]).map(drop)
            }
            Length::None => Ok(()),
            Length::Endless => {
                write!(stream, "{head}\r\n")?;
                while stream.write_all(body.as_bytes()).is_ok() {}
                Ok(())
            }
        }
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn read(stream: &mut TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            match line.trim_end() {
                "" => break,
                text => lines.push(text.to_owned()),
            }
        }
        let headers: Vec<(String, String)> = lines
            .iter()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let line = lines.first().map(|line| line.replace(" HTTP/1.1", "")).unwrap_or_default();
        let mut request = Self { line, headers, body: String::new() };
        let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        request.body = String::from_utf8(body).expect("UTF-8");
        Ok(request)
    }
}

impl Backend {
    /// Starts one; its thread ends with the last answer, or with the test.
    pub(crate) fn answering(answers: Vec<Answer>) -> Self {
        let mut answers = answers.into_iter();
        Self::responding(move |_| answers.next())
    }

    /// Starts one whose answers depend on what it is asked; its thread ends when there is none.
    pub(crate) fn responding(mut answer: impl FnMut(&Request) -> Option<Answer> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, own) = (Arc::clone(&requests), url.clone());
        std::thread::spawn(move || {
            loop {
                let (mut stream, _) = listener.accept().expect("a connection");
                let request = Request::read(&mut stream).expect("a request");
                let Some(answer) = answer(&request) else { break };
                seen.lock().expect("no panic").push(request);
                answer.write(&mut stream, &own).expect("answered");
            }
        });
        Self { url, requests }
    }

    /// An address that nothing listens at.
    pub(crate) fn absent() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        format!("http://{}", listener.local_addr().expect("an address"))
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }

    /// The one request that was made.
    pub(crate) fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().expect("one")
    }
}
