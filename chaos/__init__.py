"""Kills runs of every DAG at every moment, lets them go on, and compares what they wrote with a quiet run."""
