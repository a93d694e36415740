alter type phase add value 'remediate' after 'mitigate';
