from tests.browser.desk import desk

__all__ = ["desk"]
