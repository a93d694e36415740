-- What a store says of its document: for which commit it was made, how long it lives (null: as the account has it), and which
-- row and revision it was made of, if it is the result of a patch, and whether it is escaped.
create type store_options as (
    commit_sha text, lives_for_seconds double precision, patch_of text, escaped boolean
);
