"""Measure in one process: tasks on standard input in, one line of JSON a case out."""
