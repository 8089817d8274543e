"""Stand-in for the official pulumi-kubernetes provider plugin.

It serves the resources of the official SDK against a real API server by
server-side apply. Pulumi launches it as `python -m infra.standin.kubernetes`.
"""

STANDIN_VERSION = "4.34.2"
"""The version of the official SDK whose tokens and inputs are served."""
