"""A local server that speaks the outside contracts, so that everything but the outside itself is real."""
