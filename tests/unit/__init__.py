"""Pure tests, by package: no process, no server; see `./run test --fast`."""
