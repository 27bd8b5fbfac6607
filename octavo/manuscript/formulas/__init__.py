"""Formulas: what an author may write in them, read by one reader, and written for the engine and for Pandoc."""
