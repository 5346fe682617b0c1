"""Web pages: the tree of what a visitor sees, and text made of it."""
