"""What the report's page is made of, part by part."""
