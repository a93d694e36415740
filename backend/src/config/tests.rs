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
         \n  - DATABASE_URL takes postgres://user:password@host/database\
         \n  - PHASE_DATA_MAX_CONNECTIONS takes a whole number from 1 to 1000 (got 0)\
         \n  - PHASE_DATA_LOG_FORMAT takes auto, text or json (got \"xml\")"
    );
}

#[test]
fn an_empty_value_counts_as_absent() {
    assert!(read(&[("DATABASE_URL", ""), ("PHASE_DATA_LISTEN", "")]).is_ok());
}
