"""Whoever finds facts outside: the shipped catalog, live search agents, and the ledger that records every call."""
