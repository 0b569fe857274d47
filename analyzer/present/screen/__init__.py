"""The live screen in a terminal: connections of now, and one of them opened.

`feed` says what it is given, `app` runs it. `head`, `columns`, `detail` and `keys` draw lines as pure
functions of rows; the rest shows them with Textual, which is loaded only when the screen is opened.
"""
