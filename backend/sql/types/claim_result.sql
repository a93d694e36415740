-- The result of a call on a claim: created, running (it was there before), renewed, released, claimed (by another claim, whose
-- attempt this is) or lost; and the attempt in the JSON of the contract, if there is one.
create type claim_result as (outcome text, attempt jsonb);
