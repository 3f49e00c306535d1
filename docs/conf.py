"""How Sphinx builds this documentation: `make docs`."""

from app import __version__

project = "Wharfinger"
copyright = "the authors of Wharfinger"
version = release = __version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"Wharfinger {release}"
html_copy_source = False
html_show_sourcelink = False
