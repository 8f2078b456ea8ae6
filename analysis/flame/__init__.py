"""Where a cost arises: stacks of functions, as text, as pictures and for other viewers."""
