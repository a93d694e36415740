alter table phase_data drop column commit_sha;
