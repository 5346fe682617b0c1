"""The parts of ``prospecting.parsing.dates``."""
