"""The demo: the toolkit's whole job on one machine, each part started as soon as what it needs is there."""
