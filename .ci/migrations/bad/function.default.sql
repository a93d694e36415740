alter table sweep alter column tried_at set default server_time();
