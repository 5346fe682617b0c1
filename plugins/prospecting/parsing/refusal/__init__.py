"""The parts of ``prospecting.parsing.refusals``."""
