"""Prints what runs did, for the person who started them in a terminal."""
