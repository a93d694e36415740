//! The statements of a request's headers about its body: its type, its character set and its encoding.

use phase_data_wire::ProblemCode;
use poem::http::header::{AsHeaderName, CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING};
use poem::http::{HeaderMap, HeaderValue};

use crate::error::ApiError;

/// Returns which of these types the body has.
///
/// A body in another character set or encoding is refused: its bytes would be misread.
pub(super) fn media_type<'t>(headers: &HeaderMap, types: &[&'t str]) -> Result<&'t str, ApiError> {
    refuse_encodings(headers)?;
    let takes = format!("this call takes {}", types.join(" or "));
    let mut lines = headers.get_all(CONTENT_TYPE).iter();
    let line =
        lines.next().ok_or_else(|| unsupported(format!("The request has no Content-Type; {takes}.")))?;
    if lines.next().is_some() {
        return Err(unsupported(format!("The request has more than one Content-Type; {takes}.")));
    }
    let line = text(line);
    let found = types.iter().find(|accepted| is_of_type(&line, accepted));
    let found = found.ok_or_else(|| unsupported(format!("The Content-Type is {line:?}; {takes}.")))?;
    match foreign_charset(&line) {
        None => Ok(found),
        Some(_) => {
            Err(unsupported(format!("The Content-Type is {line:?}; JSON is UTF-8: send it as UTF-8.")))
        }
    }
}

/// Tells whether a `Content-Type` is this one, its parameters aside.
pub(super) fn is_of_type(content_type: &str, accepted: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(accepted)
}

fn refuse_encodings(headers: &HeaderMap) -> Result<(), ApiError> {
    for (name, header, accepted) in [
        ("Content-Encoding", CONTENT_ENCODING, "identity"),
        ("Transfer-Encoding", TRANSFER_ENCODING, "chunked"),
    ] {
        if let Some(encoding) = tokens(headers, header).into_iter().find(|token| !is(token, accepted)) {
            let detail = format!(
                "The {name} {encoding:?} is not accepted, only {accepted:?}: bodies are not compressed."
            );
            return Err(ApiError::new(ProblemCode::UnsupportedContentEncoding, detail));
        }
    }
    Ok(())
}

/// The members of a header that is a list.
fn tokens(headers: &HeaderMap, name: impl AsHeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(text);
    let split = |line: String| line.split(',').map(|token| token.trim().to_owned()).collect::<Vec<_>>();
    lines.flat_map(split).filter(|token| !token.is_empty()).collect()
}

/// A `charset` that is not UTF-8.
fn foreign_charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charsets = parameters.filter(|(name, _)| is(name.trim(), "charset"));
    charsets.map(|(_, value)| value.trim().trim_matches('"')).find(|charset| !is_utf_8(charset))
}

/// US-ASCII is a part of UTF-8.
fn is_utf_8(charset: &str) -> bool {
    ["utf-8", "utf8", "us-ascii"].iter().any(|name| is(charset, name))
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().take(200).collect()
}

fn unsupported(detail: String) -> ApiError {
    ApiError::new(ProblemCode::UnsupportedMediaType, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";

    fn of(lines: &[(&'static str, &'static str)]) -> Result<&'static str, ProblemCode> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().expect("a header value"));
        }
        media_type(&headers, &[JSON, FORM]).map_err(|error| error.code())
    }

    #[test]
    fn a_body_of_the_type_in_utf_8_is_taken() {
        for line in [
            JSON,
            "Application/JSON;charset=\"UTF-8\"",
            "application/json; charset=utf8;",
            "application/json; v=1",
        ] {
            assert_eq!(of(&[("content-type", line)]), Ok(JSON), "{line}");
        }
        assert_eq!(of(&[("content-type", FORM)]), Ok(FORM));
        let plain = ("content-type", JSON);
        assert_eq!(of(&[plain, ("content-encoding", "Identity")]), Ok(JSON));
        assert_eq!(of(&[plain, ("content-encoding", ""), ("transfer-encoding", "chunked")]), Ok(JSON));
    }

    #[test]
    fn another_type_or_character_set_is_refused() {
        let refused = Err(ProblemCode::UnsupportedMediaType);
        assert_eq!(of(&[]), refused);
        assert_eq!(of(&[("content-type", JSON), ("content-type", JSON)]), refused);
        for line in [
            "",
            "text/plain",
            "application/json5",
            "application/json, application/json",
            "application/json; charset=iso-8859-1",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; Charset = 'latin1'",
        ] {
            assert_eq!(of(&[("content-type", line)]), refused, "{line}");
        }
    }

    #[test]
    fn an_encoded_body_is_refused() {
        for line in [
            ("content-encoding", "gzip"),
            ("content-encoding", "GZIP"),
            ("content-encoding", "x-gzip"),
            ("content-encoding", "zstd"),
            ("content-encoding", "identity, br"),
            ("content-encoding", "gzip, identity"),
            ("content-encoding", "aws-chunked"),
            ("transfer-encoding", "gzip, chunked"),
        ] {
            assert_eq!(
                of(&[("content-type", JSON), line]),
                Err(ProblemCode::UnsupportedContentEncoding),
                "{line:?}"
            );
        }
    }
}
