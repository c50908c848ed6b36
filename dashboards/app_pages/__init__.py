"""One module a page: TITLE, SECTION, ORDER, URL_PATH and `render(view)`.

A new module in this folder appears in the navigation; no list is edited.
"""
