"""Figures for notebooks and reports, as pure functions of tables.

Each module draws one plot as a dictionary of Plotly's JSON (`canvas.Drawing`), from what `tables`
gives it; `figure` alone loads Plotly. Colours are those of `present.colours`. A plot stays legible
and small whatever the number of connections: where there are too many marks to tell apart, they are
summed up, and the line under the title says how many.
"""
