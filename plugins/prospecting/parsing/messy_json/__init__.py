"""The parts of ``prospecting.parsing.payload``."""
