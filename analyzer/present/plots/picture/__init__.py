"""Drawings as SVG, without a browser: as much of Plotly's JSON as this package's plots use.

`page` draws a whole figure, `axes` knows where values are on it, `traces` draws the data and `text`
Plotly's small subset of HTML. What they do not know they refuse, rather than leave it out unseen.
"""
