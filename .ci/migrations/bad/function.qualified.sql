create trigger t after insert on sweep for each row execute function phase_data_fn_0123456789ab.t();
