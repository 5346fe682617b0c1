"""Tests of the operators that need neither a database nor a scheduler."""
