-- The options of a store: the commit of the document, its lifetime (null: the account's setting), for the result of a patch
-- the row and the revision that were patched, whether the document is escaped, and the state of the result. Null: the default,
-- and for a patch what is stored. An empty outcome or reason removes what is stored. Last, the claim under which the document is
-- stored, and whether the claim lives on.
create type store_options as (
    commit_sha text, lives_for_seconds double precision, patch_of text, escaped boolean,
    status text, outcome text, reason text, claim_id uuid, keep_claim boolean
);
