"""Model cards: a version's README.md, rendered from its stored facts and nothing else.

`training.ml.recipe.facts` describes the shape of the facts. No database, no training code: the same
facts give the same text, byte for byte.
"""

from models_app.cards.render import card_render

__all__ = ["card_render"]
