"""The parts of ``prospecting.parsing.titles``."""
