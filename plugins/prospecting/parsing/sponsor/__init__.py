"""The parts of ``prospecting.parsing.sponsors``."""
