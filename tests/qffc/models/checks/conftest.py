"""For tests that change what models are made of."""

from collections.abc import Iterator

import pytest

from qffc.models.shared_functions import forget_functions


@pytest.fixture
def own_functions() -> Iterator[None]:
    """Nothing that was compiled before or is compiled here is met elsewhere."""
    forget_functions()
    yield
    forget_functions()
