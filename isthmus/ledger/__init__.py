"""The ledger: every number a federation hands out, given once and never moved.

`entries` is what it holds, `files` how it is kept (one file per site, so that
branches merge), `check` what can be wrong with it, `settle` what people decide
about it. Giving numbers is `isthmus.allocate`.
"""
