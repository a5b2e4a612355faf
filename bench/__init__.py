"""The measurements behind our figures: `python -m bench`, or `python -m bench NAME`."""
