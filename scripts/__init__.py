"""Commands behind the Makefile: set up, start, run and stop the bundle on one machine."""
