"""Orders of lists that only this room has."""

from accounts.pagination import NewestFirst


class ByImportance(NewestFirst):
    """The most important first, unless `?order=` says otherwise."""

    orders = {"importance": "importance"}
    default = "-importance"
