"""Run a measurement: cases and a preset in, a result file out."""
