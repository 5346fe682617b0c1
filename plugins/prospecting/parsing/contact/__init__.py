"""The parts of ``prospecting.parsing.contacts``."""
