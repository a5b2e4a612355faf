"""The registry as clients of a model hub see it: TEAM/NAME repositories of git commits.

The paths, bodies and headers are those which huggingface_hub 0.36, 1.x and 2.x send and read
(design, section 6). A version is a commit and a tag `vN`, an alias is a branch, and `main` is the
champion, or the newest version where there is none.
"""
