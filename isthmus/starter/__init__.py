"""The files of a new federation repository, rendered by `isthmus init`."""
