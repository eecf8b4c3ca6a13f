"""The surfaces that several models share, painted once."""

from functools import cache

from scenes.demo.modelling import textures, wood
from scenes.demo.modelling.textures import Surface

boucle = cache(textures.boucle)
knit = cache(textures.knit)
leather = cache(textures.leather)
suede = cache(textures.suede)
limewash = cache(textures.limewash)
terrazzo = cache(textures.terrazzo)
travertine = cache(textures.travertine)
glaze = cache(textures.glaze)
herringbone = cache(wood.herringbone)


@cache
def linen() -> Surface:
    return textures.weave(512, 48)


@cache
def canvas() -> Surface:
    return textures.weave(512, 32, seed=15, metres=0.05)


@cache
def plaster() -> Surface:
    return textures.plaster(512)


@cache
def oak() -> Surface:
    return wood.planed(512)


@cache
def walnut() -> Surface:
    return wood.planed(512, tones=wood.WALNUT, seed=105)
