"""Stand-ins for official Pulumi provider plugins, used only where those cannot be installed."""
