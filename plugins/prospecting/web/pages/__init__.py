"""Pages for people, one module per domain; each has a ``router``."""
