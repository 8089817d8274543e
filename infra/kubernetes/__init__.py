"""Components of a Kubernetes cluster: one noun a file."""
