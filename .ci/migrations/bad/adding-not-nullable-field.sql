alter table phase_data alter column commit_sha set not null;
