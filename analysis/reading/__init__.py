"""Read result files: untrusted text in, validated objects out."""
