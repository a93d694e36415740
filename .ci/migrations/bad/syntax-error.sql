alter table phase_data add colum status text;
