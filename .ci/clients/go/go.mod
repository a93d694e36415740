module client-check

go 1.19
