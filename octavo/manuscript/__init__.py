"""Read the chapters and settle everything about them that does not depend on a page."""
