"""Count instructions: a kernel and cases in, path lengths as a result file out."""
