"""The measurements behind our figures: `python -m bench`, or one of them: `python -m bench NAME`."""
