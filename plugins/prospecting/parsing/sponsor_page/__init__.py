"""The parts of ``prospecting.parsing.sponsor_pages``."""
