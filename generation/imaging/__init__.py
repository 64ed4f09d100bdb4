"""Images as bytes and pixels: decoding, sizes, masks, copies, metadata in files."""
