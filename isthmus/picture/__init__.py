"""Pictures of a federation: for the terminal and as SVG."""
