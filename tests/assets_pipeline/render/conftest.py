"""One warm process for all tests that look at real pictures."""

from collections.abc import Iterator

import pytest

from assets_pipeline.errors import NoRenderer
from assets_pipeline.render import Renderer, renderer


@pytest.fixture(scope="session")
def studio() -> Iterator[Renderer]:
    try:
        with renderer() as started:
            yield started
    except NoRenderer as reason:
        pytest.skip(f"no pictures here: {reason}")
