"""Bytes in and out: bucket, image processing, uploads, metadata, consistency of rows and bucket."""
