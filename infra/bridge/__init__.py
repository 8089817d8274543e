"""The bridged OpenStack provider (Go), and what derives its tokens from the Python SDK."""
