module hcsclient

go 1.22
