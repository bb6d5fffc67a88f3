module latchkey.dev/test/oracle/rewrite

go 1.26.0
