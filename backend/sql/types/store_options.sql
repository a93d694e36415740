-- The options of a store: the commit of the document, its lifetime (null: the account's setting), for the result of a patch
-- the row and the revision that were patched, and whether the document is escaped.
create type store_options as (
    commit_sha text, lives_for_seconds double precision, patch_of text, escaped boolean
);
