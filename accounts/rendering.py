"""How the API writes its JSON."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class JsonRenderer(JSONRenderer):
    """JSON in UTF-8; what came with half a surrogate pair, which UTF-8 lacks, in ASCII."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return _AsciiRenderer().render(data, accepted_media_type, renderer_context)


class _AsciiRenderer(JSONRenderer):
    ensure_ascii = True
