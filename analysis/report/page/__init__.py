"""Turn a result set into the parts of the HTML page, and render them."""
