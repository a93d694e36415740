create policy live on phase_data for select to phase_data_app using (is_live(phase_data));
