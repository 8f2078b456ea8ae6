"""Record a case with perf: an opened case in; samples, a timeline and annotated code out."""
