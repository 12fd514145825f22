from tests.pages import plain_files

__all__ = ["plain_files"]
