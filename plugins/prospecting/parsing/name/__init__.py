"""The parts of ``prospecting.parsing.names``."""
