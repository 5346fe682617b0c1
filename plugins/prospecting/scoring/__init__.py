"""Pure functions that weigh what was found: who fits, how well, how sure."""
