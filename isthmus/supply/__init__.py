"""Parts from outside, brought in without installing anything on the machine.

Everything lands in one cache folder, a folder per part and version, complete
or absent: downloads, unpacked Debian packages, Python environments, Go builds.
"""
