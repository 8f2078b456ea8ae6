"""Find and fetch kernels: a version or a path in, a bootable image out."""
