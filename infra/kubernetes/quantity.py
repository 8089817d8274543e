"""Quantities as the API server writes them, so that what is read back equals what was asked for."""

_SUFFIXES = ("", "k", "M", "G", "T", "P", "E")


def canonical(text: str) -> str:
    """`10000000000000` becomes `10T`; what has a unit already stays.

    Source: Kubernetes API, resource.Quantity: no fractional digits, the
    largest exponent that loses nothing.
    """
    if not text.isdigit() or text == "0":
        return text
    number, step = int(text), 0
    while number % 1000 == 0 and step < len(_SUFFIXES) - 1:
        number, step = number // 1000, step + 1
    return f"{number}{_SUFFIXES[step]}"
