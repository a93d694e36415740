//! Lists, read to their end.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{Forge, ForgeError};

/// The most that GitHub puts on a page.
pub(crate) const PER_PAGE: usize = 100;
/// No list of ours is longer; one that is links in a circle.
const MOST_PAGES: usize = 2000;

impl Forge {
    /// Reads the pages from this one on; `take` says whether the next one is wanted, too.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &self,
        first: &str,
        mut take: impl FnMut(Vec<T>) -> bool,
    ) -> Result<(), ForgeError> {
        let mut uri = first.to_owned();
        for _ in 0..MOST_PAGES {
            let answer = self.follow(&uri).await?.expected()?;
            let next = answer.header("link").and_then(next);
            let Page(rows) = answer.read()?;
            if !take(rows) {
                return Ok(());
            }
            match next {
                Some(next) => uri = self.ours(next)?,
                None => return Ok(()),
            }
        }
        Err(ForgeError::Unreadable("its pages have no end".to_owned()))
    }
}

/// A page of a list. One with more rows than were asked for is not read: small rows cost many times their text.
struct Page<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Rows(PhantomData))
    }
}

struct Rows<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
    type Value = Page<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at most {PER_PAGE} rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Page<T>, A::Error> {
        let mut page = Vec::new();
        while let Some(row) = rows.next_element()? {
            if page.len() == PER_PAGE {
                return Err(Error::custom("more rows than were asked for"));
            }
            page.push(row);
        }
        Ok(Page(page))
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
    use super::{PER_PAGE, Page, next};

    #[test]
    fn a_page_has_no_more_rows_than_were_asked_for() {
        let rows =
            |number: usize| serde_json::from_str::<Page<u8>>(&format!("[{}]", vec!["1"; number].join(",")));
        assert_eq!(rows(PER_PAGE).map(|page| page.0.len()).ok(), Some(PER_PAGE));
        assert!(rows(PER_PAGE + 1).is_err() && rows(0).is_ok());
    }

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
