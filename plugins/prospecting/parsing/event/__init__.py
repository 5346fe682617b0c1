"""The parts of ``prospecting.parsing.events``."""
