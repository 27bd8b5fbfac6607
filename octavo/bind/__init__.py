"""Bind: join the engine's pages and the logical tree into one tagged PDF."""
