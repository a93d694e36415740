//! The backend works through a pooler in front of the database.

use std::io::Read;
use std::net::TcpListener;

use phase_data_tests::Backend;

/// The start-up parameters that PgBouncer takes without any configuration.
/// <https://www.pgbouncer.org/config.html#ignore_startup_parameters>
const TAKEN: [&str; 6] = ["user", "database", "client_encoding", "DateStyle", "TimeZone", "application_name"];

/// Returns the names of the start-up parameters of the next connection.
fn parameters(listener: &TcpListener) -> Vec<String> {
    let (mut connection, _) = listener.accept().expect("a connection");
    let mut head = [0; 8];
    connection.read_exact(&mut head).expect("a length and a version");
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let mut body = vec![0; length - head.len()];
    connection.read_exact(&mut body).expect("the parameters");
    let words: Vec<String> =
        body.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    words.chunks(2).map(|pair| pair[0].clone()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn only_start_up_parameters_that_poolers_take_are_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!(
        "postgres://phase_data@{}/phase_data?sslmode=disable&application_name=blue",
        listener.local_addr().expect("an address")
    );
    let connected = std::thread::spawn(move || parameters(&listener));
    let refused = Backend::run(&[("DATABASE_URL", &url)], &["migrate"]);
    assert!(!refused.status.success());
    let names = connected.join().expect("the parameters");
    assert!(names.len() > 2 && names.iter().all(|name| TAKEN.contains(&name.as_str())), "{names:?}");
}
