"""What every test leaves behind, and must not."""

from collections.abc import Iterator

import pytest

from tests.interviewing import leave_all


@pytest.fixture(autouse=True)
def _interviews_left_in_order() -> Iterator[None]:
    yield
    leave_all()
