use secrecy::ExposeSecret as _;

use super::*;

fn read(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_lookup(|name| {
        let found = settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        found.or_else(|| (name == "HOME").then(|| "/home/octo".to_owned()))
    })
}

#[test]
fn nothing_set_is_the_embedded_default_on_loopback() {
    let config = read(&[]).expect("the defaults");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert!(matches!(config.database, Database::Embedded { .. }));
}

#[test]
fn all_problems_are_reported_together_and_no_secret_is_shown() {
    let refusal = read(&[
        ("PHASE_DATA_LISTEN", "8080"),
        ("PHASE_DATA_MAX_CONNECTIONS", "0"),
        ("PHASE_DATA_LOG_FORMAT", "xml"),
        ("DATABASE_URL", "mysql://root:hunter2@db"),
    ])
    .expect_err("four problems")
    .to_string();
    assert_eq!(
        refusal,
        "the settings are not valid:\
         \n  - PHASE_DATA_LISTEN takes an address like 127.0.0.1:8080 (got \"8080\")\
         \n  - DATABASE_URL takes postgres://user:password@host/database, with special characters of the password \
         percent-encoded (@ is %40, / is %2F, # is %23)\
         \n  - PHASE_DATA_MAX_CONNECTIONS takes a whole number from 1 to 1000 (got 0)\
         \n  - PHASE_DATA_LOG_FORMAT takes auto, text or json (got \"xml\")"
    );
}

#[test]
fn an_invalid_url_is_one_problem_and_not_also_a_missing_one() {
    let invalid = ("DATABASE_URL", "postgres://octo:hunter2/@db/phase_data#x y");
    let owner = ("PHASE_DATA_OWNER_DATABASE_URL", "postgres://owner@db/phase_data");
    // Without HOME, too: the private PostgreSQL that nobody asked for has no directory then.
    let lookup = |name: &str| [invalid, owner].iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
    let refusal = Config::from_lookup(lookup).expect_err("one problem").to_string();
    assert_eq!(refusal.matches("\n  - ").count(), 1, "{refusal}");
    assert!(refusal.contains("DATABASE_URL takes") && !refusal.contains("hunter2"), "{refusal}");
    let refusal = read(&[owner]).expect_err("a missing URL").to_string();
    assert!(refusal.ends_with("\n  - PHASE_DATA_OWNER_DATABASE_URL needs DATABASE_URL"), "{refusal}");
}

#[test]
fn an_empty_value_counts_as_absent() {
    assert!(read(&[("DATABASE_URL", ""), ("PHASE_DATA_LISTEN", " \n")]).is_ok());
}

#[test]
fn white_space_around_a_value_is_no_part_of_it() {
    let config = read(&[
        ("PHASE_DATA_LISTEN", "127.0.0.1:9090\n"),
        ("DATABASE_URL", "postgres://octo:secret@db/phase_data\n"),
        ("PHASE_DATA_PUBLIC_URL", "https://phase-data.example.com/\r\n"),
        ("PHASE_DATA_OIDC_ISSUERS", "github=https://issuer.example\n"),
        ("PHASE_DATA_MAX_CONNECTIONS", " 8\n"),
        ("PHASE_DATA_EVENT_DAYS", "30\n"),
        ("PHASE_DATA_GITHUB_API_URL", "https://github.example/api/v3\n"),
        ("PHASE_DATA_WEBHOOK_SECRET", "0123456789abcdef\n"),
        ("PHASE_DATA_LOG_FORMAT", "json\n"),
        ("PHASE_DATA_LOG", "debug\n"),
    ])
    .expect("settings");
    let Database::Given { server, .. } = &config.database else { panic!("{config:?}") };
    assert_eq!(server.get_database(), Some("phase_data"));
    assert_eq!(config.public_url.as_deref(), Some("https://phase-data.example.com"));
    assert_eq!(config.webhook_secrets[0].expose_secret(), "0123456789abcdef");
    assert_eq!((config.listen.port(), config.max_connections, config.log.as_str()), (9090, 8, "debug"));
    let embedded = read(&[("PHASE_DATA_DATA_DIR", "/data\n")]).expect("settings");
    assert!(matches!(embedded.database, Database::Embedded { data_dir, .. } if data_dir.ends_with("data")));
    let short = read(&[("PHASE_DATA_WEBHOOK_SECRET", "0123456789abcde\n")]).expect_err("15 characters");
    assert!(short.to_string().contains("at least 16"), "{short}");
}

#[test]
fn a_public_address_is_a_url_as_it_stands_without_a_password_and_the_path_of_the_api() {
    for url in ["https://phase-data.example.com/prefix", "http://127.0.0.1:8080", "https://[::1]/"] {
        assert!(read(&[("PHASE_DATA_PUBLIC_URL", url)]).is_ok(), "{url}");
    }
    for (url, problem) in [
        ("phase-data.example.com", "takes an address like https://"),
        ("https://host/a b", "takes an address like https://"),
        ("https://host/<script>", "takes an address like https://"),
        ("https://host\"x", "takes an address like https://"),
        ("https://host/?a=1", "takes an address like https://"),
        ("https://host/api/v1/", "takes the address without /api/v1"),
        ("https://operator:hunter22@host", "takes no user name or password"),
    ] {
        let error = read(&[("PHASE_DATA_PUBLIC_URL", url)]).expect_err(url).to_string();
        assert!(error.contains(problem) && !error.contains("hunter22"), "{url}: {error}");
    }
}
