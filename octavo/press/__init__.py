"""Typeset: one engine run, fed part by part, and what it tells of its pages."""
