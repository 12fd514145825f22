"""References that are made of what was said."""

from hypothesis import given
from hypothesis import strategies as st

from actors.identifiers import ALPHABET, reference_of


@given(st.binary(min_size=32, max_size=32), st.integers(1, 16))
def test_a_reference_has_a_letter_for_each_five_bits_of_its_digest(digest: bytes, length: int) -> None:
    bits = "".join(f"{byte:08b}" for byte in digest)
    letters = "".join(ALPHABET[int(bits[5 * n : 5 * n + 5], 2)] for n in range(length))
    assert reference_of("RPT", digest, length=length) == f"RPT-{letters}"
