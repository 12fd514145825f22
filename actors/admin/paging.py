"""Pages of a long list: counted and numbered as far as somebody would turn them, for counting all reads every row."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property

# At fifty rows a page two hundred pages; whoever looks for more is better served by a filter.
MOST = 10_000


class BoundedPaginator(Paginator):
    """The first MOST rows of a list; ``is_cut`` where there are more."""

    @cached_property
    def count(self) -> int:
        return min(self._found, MOST)

    @cached_property
    def is_cut(self) -> bool:
        return self._found > MOST

    @property
    def template_name(self) -> str:
        """What the theme asks for: its own way, where nothing is cut."""
        return "admin/pages_of_many.html" if self.is_cut else "unfold/helpers/pagination_default.html"

    @cached_property
    def _found(self) -> int:
        if isinstance(self.object_list, list):
            return len(self.object_list)
        return self.object_list.order_by()[: MOST + 1].count()
