"""Trace an operation: a kernel and a case in, its instructions by kernel function out."""
