do $$ begin execute 'drop table sweep'; end $$;
