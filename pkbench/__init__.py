"""Benchmarks of Linux memory protection: keys and mprotect."""
