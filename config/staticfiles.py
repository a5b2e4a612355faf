"""Static files under hashed names, the modules that a script imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites relative `import` paths in our ES modules, so that they may be cached for ever."""

    support_js_module_import_aggregation = True
