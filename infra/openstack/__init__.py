"""Components of an OpenStack cloud and of a site's zone in it: one noun a file."""
