"""Isthmus: research data centres as data, joined into one federation."""

__version__ = "0.1.0"
