"""Figures and verdicts, as the API gives them."""

from typing import Any

from rest_framework import serializers


class FigureSerializer(serializers.Serializer[Any]):
    """A value, its 95% interval over queries where there is one, and the n behind it."""

    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class MetricsField(serializers.DictField):
    """All figures: `{split: {system: {metric: figure}}}`."""

    def __init__(self, **options: Any) -> None:
        system = serializers.DictField(child=FigureSerializer())
        super().__init__(child=serializers.DictField(child=system), **options)


class AgainstSerializer(serializers.Serializer[Any]):
    """This version minus one rival in nDCG@10, paired over the test queries."""

    system = serializers.CharField(help_text="base, bm25, first_stage or champion.")
    word = serializers.ChoiceField(choices=["better", "worse", "undecided"])
    delta = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text="Of the 95% interval over queries.")
    high = serializers.FloatField(allow_null=True)
    p = serializers.FloatField(help_text="Of the paired randomisation test, two-sided.")
    p_holm = serializers.FloatField(help_text="Adjusted for all rivals; it decides the word.")
    effect = serializers.FloatField(
        allow_null=True, help_text="Standardised mean difference of paired values, d_z."
    )
    detectable = serializers.FloatField(
        allow_null=True, help_text="The difference that these queries show with power `power`."
    )


class VerdictSerializer(serializers.Serializer[Any]):
    """Better, worse or not shown to differ, and what weakens that; `text` says all of it."""

    text = serializers.CharField()
    split = serializers.CharField()
    metric = serializers.CharField()
    queries = serializers.IntegerField()
    positives = serializers.IntegerField()
    alpha = serializers.FloatField()
    power = serializers.FloatField()
    correction = serializers.CharField()
    against = AgainstSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
