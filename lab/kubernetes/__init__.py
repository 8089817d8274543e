"""The Kubernetes half of the box: a real control plane, with kwok nodes (stand-in) where machines would be."""
