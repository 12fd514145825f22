"""What every page of the admin has in common: a reader meets only what they may see, on every way in.

    list, page, history, search, autocomplete  ─ get_queryset ─┐
    dropdowns, what a form accepts             ─ form fields  ─┼─> readable(): the one rule of a model
    names of other rows, inlines, filters      ─ prefetches   ─┘

A hidden row and a missing one are the same: a column that points at a hidden row is empty. Analysts
are staff; operators are superusers, who also manage people and keys. Neither reads beyond their clearance.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import NestedObjects
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import (
    Field,
    ForeignKey,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    SlugField,
    prefetch_related_objects,
)
from django.forms import ModelForm
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import _get_foreign_key  # what Django's own check of inlines asks
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline

from actors.access import Reader
from actors.admin.badges import told_apart
from actors.admin.looking import BoundedList, among, newest
from actors.admin.meanwhile import SEEN, SeenForm
from actors.admin.paging import BoundedPaginator
from actors.admin.refusing import WordedForm
from actors.admin.searching import SearchedRows
from actors.marking import Marking
from actors.models import AuditEntry
from actors.querysets import is_there

# The title of the part of a page that nobody writes.
KEPT = "Kept by the service"


def reader_of(request: HttpRequest) -> Reader:
    """Who is looking."""
    return Reader.of_user(request.user)


def is_operator(request: HttpRequest) -> bool:
    """Whether the person manages people and keys."""
    return bool(request.user.is_active and request.user.is_superuser)


class ReadableRows:
    """The rule of one model, shared by its pages and by its inlines.

    A model whose queryset has ``visible_to`` is asked for it. Another is seen through the rows that it
    names: ``visible_through`` lists the keys that must all be readable (or empty). ``open_to_all`` is
    for tables that say nothing of any subject. A model with none of the three cannot be registered.
    """

    visible_through: tuple[str, ...] = ()
    open_to_all = False
    # Django's own would join every foreign key and so name hidden rows; the prefetches below do not.
    list_select_related: Any = ()

    def readable(self, queryset: QuerySet, reader: Reader) -> QuerySet:
        """The rows of ``queryset`` that ``reader`` may see."""
        if hasattr(queryset, "visible_to"):
            queryset = queryset.visible_to(reader)
        elif not self.visible_through and not self.open_to_all:
            raise ImproperlyConfigured(f"{type(self).__name__} does not say who may see {self.model.__name__}.")
        for name in self.visible_through:
            field = self.model._meta.get_field(name)
            seen = Q(is_there(self.readable_rows(field.related_model, reader).filter(pk=OuterRef(field.attname))))
            queryset = queryset.filter(seen | Q(**{f"{name}__isnull": True}) if field.null else seen)
        return queryset

    def readable_rows(self, model: type[Model], reader: Reader) -> QuerySet:
        """The rows of another model that ``reader`` may see, by that model's own rule."""
        return self.admin_site.get_model_admin(model).readable(model._default_manager.all(), reader)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.readable(super().get_queryset(request), reader_of(request))

    def named_rows(self, reader: Reader, names: Any = None) -> list[Prefetch]:
        """Prefetches of the rows that a row names, hidden ones left empty; of ``names`` alone, if given."""
        return [
            Prefetch(field.name, queryset=self.readable_rows(field.related_model, reader).order_by())
            for field in related_fields(self.model)
            if (names is None or field.name in names) and self.admin_site.is_registered(field.related_model)
        ]

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every key to a model that can be searched: no list of a thousand names."""
        people = get_user_model()
        return [
            field.name
            for field in related_fields(self.model)
            if field.related_model is not people
            and self.admin_site.is_registered(field.related_model)
            and self.admin_site.get_model_admin(field.related_model).search_fields
        ]

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, SlugField):
            kwargs["error_messages"] = {"invalid": "Letters, digits, hyphens and underscores, and no spaces."}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self.readable_rows(db_field.related_model, reader_of(request))
        return _named_apart(super().formfield_for_foreignkey(db_field, request, **kwargs))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self.readable_rows(db_field.related_model, reader_of(request))
        return _named_apart(super().formfield_for_manytomany(db_field, request, **kwargs))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("marking", "clearance"):
            # Nobody marks or grants what they could then not read themselves.
            clearance = reader_of(request).clearance
            kwargs["choices"] = [(mark.value, mark.label) for mark in Marking if mark <= clearance]
        elif not db_field.has_default():
            # The theme would have the first chosen where nobody has chosen.
            kwargs["choices"] = db_field.get_choices(blank_choice=[("", "–")])
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class ReadableAdmin(ReadableRows, SearchedRows, ModelAdmin):
    """The pages of one model: view, list, search and filter what is readable. Nothing can be changed."""

    # The newest first; any other order wants an index.
    ordering = ["-pk"]
    list_filter_submit = True
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 200
    list_fullwidth = True
    empty_value_display = "–"
    change_form_show_cancel_button = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        shown = {str(name).removeprefix("shown_") for name in self.get_list_display(request)}
        rows = self.with_columns(super().get_queryset(request))
        return rows.prefetch_related(*self.named_rows(reader_of(request), shown))

    def with_columns(self, queryset: QuerySet) -> QuerySet:
        """``queryset`` with what its list is ordered by beside the columns of the model."""
        return queryset

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """What the service keeps of a row is shown once there is one."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else [each for each in fieldsets if each[0] != KEPT]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of a page; its ``reader`` is whom it is shown to."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.reader = reader_of(request)
            prefetch_related_objects([found], *self.named_rows(found.reader))
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """A key whose row is hidden cannot be changed: saving the form would empty it."""
        readonly = list(super().get_readonly_fields(request, obj))
        return readonly + [name for name in self._hidden_names(obj) if name not in readonly]

    def _hidden_names(self, obj: Model | None) -> Iterator[str]:
        if obj is None or obj._state.adding:
            return
        for field in related_fields(self.model):
            if field.many_to_many:
                through = field.remote_field.through._base_manager
                held = through.filter(**{field.m2m_field_name(): obj.pk}).count()
                if held > len(getattr(obj, field.name).all()):
                    yield field.name
            elif getattr(obj, field.attname) is not None and field.get_cached_value(obj, default=obj) is None:
                yield field.name

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Model | None = None) -> Iterator[tuple[Any, Any]]:
        """Rows that cannot be written here are shown where there are any."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            key = formset.fk.name
            if isinstance(inline, EditableInline) or inline.get_queryset(request).filter(**{key: obj}).exists():
                yield formset, inline

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The theme prints no error of a whole formset; here it is said above the page."""
        for inline in context.get("inline_admin_formsets", ()):
            for refusal in inline.formset.non_form_errors() if inline.formset.is_bound else ():
                messages.error(request, refusal)
        return super().render_change_form(request, context, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what a filter of this page asks: any other lookup would answer questions on hidden columns."""
        return lookup in self._lookups(request)

    def _lookups(self, request: HttpRequest) -> set[str]:
        asked: set[str] = set()
        for entry in self.get_list_filter(request):
            if isinstance(entry, str):
                asked |= {f"{entry}__exact", f"{entry}__isnull"}
            elif isinstance(entry, tuple):
                asked |= {f"{entry[0]}_from", f"{entry[0]}_to"}
            else:
                asked.add(entry.parameter_name)
        return asked

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return BoundedList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; keys that are none get the answer of a filter that cannot be."""
        if not all(self._is_key(key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            return HttpResponseRedirect(f"{request.path}?e=1")
        return super().changelist_view(request, extra_context)

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """An action, on rows that are readable; "select all" means as many as the list says it counts."""
        if request.POST.get("select_across") != "1":
            queryset = queryset.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
        return super().response_action(request, self.get_queryset(request).filter(among(newest(queryset))))

    def _is_key(self, said: str) -> bool:
        try:
            self.opts.pk.to_python(said)
        except ValidationError:
            return False
        return True

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """Columns of the row itself: an order by a hidden row's name would tell it."""
        related = {field.name for field in related_fields(self.model)}
        return [name for name in self.get_list_display(request) if name not in related]

    # One audit trail for people and partners alike, in place of Django's own log.
    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        self._audit(request, "add", obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        self._audit(request, "change", obj, message)

    def _audit(self, request: HttpRequest, action: str, obj: Model, message: Any) -> None:
        changes = message if isinstance(message, list) else [message]
        AuditEntry.objects.create(
            user=request.user,
            action=action,
            object_type=self.opts.model_name,
            object_reference=str(getattr(obj, "reference", None) or getattr(obj, "code", None) or obj.pk)[:200],
            changes={"form": changes} if changes else {},
        )

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The audit entries of this object, as far as the reader may see them."""
        found = self.get_object(request, object_id)
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        reference = getattr(found, "reference", None) or getattr(found, "code", None) or found.pk
        return HttpResponseRedirect(f"{reverse('admin:actors_auditentry_changelist')}?q={reference}")


class EditableRows:
    """For ReadableAdmin whose rows are ours to write: analysts add and change, nobody deletes.

    Of two who have one page open, the second is told what the first changed.
    """

    form = SeenForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_write(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        (title, first), *others = fieldsets
        return [(title, {**first, "fields": [*first["fields"], SEEN]}), *others]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        def rows_of(row: Model) -> Iterator[tuple[str, list[Any]]]:
            for inline in self.get_inline_instances(request, row):
                if isinstance(inline, EditableInline):
                    key = _get_foreign_key(self.model, inline.model, inline.fk_name)
                    rows = inline.get_queryset(request).filter(**{key.name: row.pk}).order_by("pk")
                    yield str(inline.verbose_name_plural), list(rows.values_list())

        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"rows_of": staticmethod(rows_of)})


class RecordedRows:
    """For ReadableAdmin whose rows are never rewritten: a form adds one through a service, nothing changes it.

    ``record`` calls the service and returns what it made; ``effect`` says above the form what that does.
    """

    effect = ""
    change_form_outer_before_template = "admin/effect.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def record(self, request: HttpRequest, form: ModelForm) -> Model:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        made = self.record(request, form)
        obj.__dict__.update(made.__dict__)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """The service has written the audit entry, with the reason."""


class ReadableInline(ReadableRows, TabularInline):
    """Rows shown on the page of what they belong to."""

    extra = 0
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_add_permission(self, request: HttpRequest, obj: Model | None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related(*self.named_rows(reader_of(request)))


class EditableInline(ReadableInline):
    """Rows that are written with what they belong to. One that evidence speaks of stays."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None) -> bool:
        return may_write(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_write(request, obj)

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form = type(formset.form.__name__, (_RowForm, formset.form), {})
        return formset


class _RowForm(WordedForm):
    """A row of a table: each field says itself what it is, since what stands above its column is read only once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", field.label)

    def hand_clean_DELETE(self) -> None:  # Django's name
        """In place of Django's list of what protects a row, which would name reports that the reader may not see."""
        if not self.cleaned_data.get(DELETION_FIELD_NAME) or self.instance._state.adding:
            return
        collector = NestedObjects(using=self.instance._state.db)
        collector.collect([self.instance])
        if collector.protected:
            raise ValidationError(f"Something that was said refers to {self.instance}: it stays.")


def _named_apart(field: Any) -> Any:
    if field is not None:
        field.label_from_instance = told_apart
    return field


def may_write(request: HttpRequest, obj: Model | None) -> bool:
    """Whether an analyst may write to ``obj``: a grant lets people read beyond their clearance, not write."""
    marking = getattr(obj, "marking", Marking.CLEAR)
    return bool(request.user.is_active and request.user.is_staff and marking <= reader_of(request).clearance)


def related_fields(model: type[Model]) -> Iterator[Field]:
    """Keys and many-to-many relations to other rows; a child's link to its own parent row is none."""
    for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
        if field.many_to_many or (isinstance(field, ForeignKey) and not field.remote_field.parent_link):
            yield field
