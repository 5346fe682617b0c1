"""The API for programs, one module per audience; each has a ``router``."""
