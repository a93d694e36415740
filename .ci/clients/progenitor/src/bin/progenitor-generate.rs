//! Makes a client from the contract (JSON, the first argument) and prints it.

use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let contract = fs::read(env::args().nth(1).ok_or("no contract")?)?;
    let contract: openapiv3::OpenAPI = serde_json::from_slice(&contract)?;
    let client = progenitor_impl::Generator::default().generate_tokens(&contract)?;
    println!("{client}");
    Ok(())
}
