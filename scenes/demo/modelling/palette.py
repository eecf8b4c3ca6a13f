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
def flatweave() -> Surface:
    return textures.weave(256, 16, seed=15)


@cache
def plaster() -> Surface:
    return textures.plaster(512)


@cache
def oak() -> Surface:
    return wood.planed(512)
