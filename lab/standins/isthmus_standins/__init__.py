"""Stand-ins for hypervisor, network agent and storage, loaded by otherwise unchanged OpenStack services.

They run in the services' own environment, so nothing here imports Isthmus.
"""
