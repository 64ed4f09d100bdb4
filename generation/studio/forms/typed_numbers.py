"""Numbers as people type them."""


def is_whole(text: str) -> bool:
    """Return whether the text is a whole number of at most 12 digits."""
    return text.isascii() and text.isdigit() and len(text) <= 12


def whole(text: str) -> int | str | None:
    """Return the whole number, None if the text is empty, the text if it is not a whole number."""
    text = text.strip()
    if not text:
        return None
    return int(text) if is_whole(text.removeprefix("-")) else text


def decimal(text: str) -> float | str | None:
    """Return the number, None if the text is empty, the text if it is not a number."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text
