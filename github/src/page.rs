//! Lists, read to their end.

use phase_data_wire::AtMost;
use serde::de::DeserializeOwned;

use crate::{GitHub, GitHubError};

/// The most that GitHub puts on a page.
pub(crate) const PER_PAGE: usize = 100;
/// No list is longer; a longer one links in a circle.
const MOST_PAGES: usize = 2000;

impl GitHub {
    /// Reads the pages from this one on, as long as `take` returns true.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &self,
        first: &str,
        mut take: impl FnMut(Vec<T>) -> bool,
    ) -> Result<(), GitHubError> {
        let mut uri = first.to_owned();
        for _ in 0..MOST_PAGES {
            let answer = self.follow(&uri).await?.expected()?;
            let next = answer.header("link").and_then(next);
            let AtMost::<PER_PAGE, T>(rows) = answer.read()?;
            if !take(rows) {
                return Ok(());
            }
            match next {
                Some(next) => uri = self.ours(next)?,
                None => return Ok(()),
            }
        }
        Err(GitHubError::Unreadable("its pages have no end".to_owned()))
    }
}

/// The target of `rel="next"` (RFC 8288, section 3).
fn next(link: &str) -> Option<&str> {
    let (target, _) = link.split(',').filter_map(|link| link.split_once(';')).find(|(_, parameters)| {
        parameters.split(';').any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"))
    })?;
    target.trim().strip_prefix('<')?.strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let links = "<https://api.github.com/repositories/1/issues?page=1>; rel=\"prev\", \
                     <https://api.github.com/repositories/1/issues?page=3>; rel=\"next\", \
                     <https://api.github.com/repositories/1/issues?page=9>; rel=\"last\"";
        assert_eq!(next(links), Some("https://api.github.com/repositories/1/issues?page=3"));
        assert_eq!(next("<https://api.github.com/x?page=1>; rel=\"first\""), None);
        assert_eq!(next(""), None);
    }
}
