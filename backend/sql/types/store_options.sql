-- The options of a store: the commit of the document, its lifetime (null: the account's setting), and, for the result of a
-- patch, the row and the revision that were patched.
create type store_options as (commit_sha text, lives_for_seconds double precision, patch_of text);
