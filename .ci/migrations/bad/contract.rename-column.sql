alter table phase_data rename column commit_sha to commit_id;
