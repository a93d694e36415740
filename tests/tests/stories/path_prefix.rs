//! A backend behind a proxy that serves it below a path prefix.

use phase_data_tests::{Answer, Backend, PrefixFront, Step, client};

const PUBLIC: &str = "https://phase-data.example/team";

async fn get(url: &str, accept: &str) -> Answer {
    let response = client().get(url).header("accept", accept).send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.expect("a body") }
}

#[tokio::test]
async fn every_link_begins_with_the_public_address_and_leads_somewhere() {
    let backend = Backend::start_with(&[("PHASE_DATA_PUBLIC_URL", &format!("{PUBLIC}/"))]).await;
    let front = PrefixFront::start(backend.url(), "/team");
    let contract = get(&format!("{}/openapi.json", front.url()), "*/*").await;
    assert_eq!(contract.json()["servers"], serde_json::json!([{ "url": PUBLIC }]));
    let docs = get(&format!("{}/docs", front.url()), "text/html").await.body;
    assert!(
        docs.contains(&format!(r#""servers":[{{"url":"{PUBLIC}"}}]"#)),
        "the page shows the same document"
    );
    let yaml = get(&format!("{}/openapi.yaml", front.url()), "*/*").await.body;
    assert!(yaml.contains(&format!("url: {PUBLIC}")) || yaml.contains(&format!("url: \"{PUBLIC}\"")));

    let problem = get(&format!("{}/api/v1/nothing", front.url()), "*/*").await.json();
    let hint = problem["hint"].as_str().expect("a hint");
    assert!(hint.contains(&format!("See {PUBLIC}/docs ")), "{hint}");
    let start = get(&format!("{}/", front.url()), "*/*").await.json();
    let page = get(&format!("{}/", front.url()), "text/html").await.body;
    let description = contract.json()["info"]["description"].as_str().expect("a description").to_owned();
    assert!(description.contains(&format!("({PUBLIC}/problems)")), "{description}");
    let mut links = vec![problem["type"].as_str().expect("a type").to_owned()];
    for member in ["documentation", "problem_codes", "contract", "health"] {
        let link = start[member].as_str().expect(member).to_owned();
        assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
        links.push(link);
    }
    for link in links {
        let path = link.strip_prefix(PUBLIC).unwrap_or_else(|| panic!("{link}"));
        assert_eq!(get(&format!("{}{path}", front.url()), "*/*").await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn steps_store_and_retrieve_through_the_prefix() {
    let backend = Backend::start_with(&[("PHASE_DATA_PUBLIC_URL", PUBLIC)]).await;
    let octo = backend.tenant("octo", 9919);
    let front = PrefixFront::start(backend.url(), "/team");
    let step = |operation| Step::new(operation, &front.url(), &octo.key, 42).input("phase", "scan");
    let stored = step("store").input("data", "{\"a\":1}").run();
    assert!(stored.success, "{}", stored.log);
    let retrieved = step("retrieve").run();
    assert_eq!(retrieved.output("data"), "{\"a\": 1}", "{}", retrieved.log);
    let encoded = format!("{}/api/v1/phase_data/octo%2Fhello/42", front.url());
    let answer = client().get(encoded).header("x-api-key", &octo.key).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let cleaned = Step::new("cleanup", &front.url(), &octo.key, 42).run();
    assert!(cleaned.success, "{}", cleaned.log);
}
