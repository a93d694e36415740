alter table sweep alter column attempted_at set default server_time();
