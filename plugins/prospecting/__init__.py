"""Prospecting: buying signals in, people worth talking to out."""
