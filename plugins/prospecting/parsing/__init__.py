"""Pure functions: messy text in, typed records out."""
