"""Select cases: the native table and a user's patterns in, cases out."""
