"""Know the cases: the native table and what a user asks for in, cases out."""
