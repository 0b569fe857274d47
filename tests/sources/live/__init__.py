"""Tests of reading: framing, compression, discovery, joining."""
