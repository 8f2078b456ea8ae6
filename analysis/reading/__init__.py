"""Read result files: text from strangers in, checked objects out."""
