alter table purge_failure
    add constraint purge_failure_account foreign key (forge_account_id) references forge_account (id);
