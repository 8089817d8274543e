"""A real OpenStack control plane on one machine: no hypervisors, no root, nothing installed."""
