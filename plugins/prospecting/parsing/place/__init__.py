"""The parts of ``prospecting.parsing.locations``."""
