lock table phase_data in exclusive mode;
