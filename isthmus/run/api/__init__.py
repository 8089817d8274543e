"""Small clients for what runs ask the clouds and clusters themselves: listings and single reads, few deletes."""
