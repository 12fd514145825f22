"""Codes as other people say them: which of them are known, and what to tell whoever sent one that is not."""

from actors.wording import advice, did_you_mean, shown
from shipments.models import CodeMapping


def why_unknown(scheme: str, code: str) -> str:
    """Whether the scheme is not known, or has no such code, with the nearest that is; a sentence or two."""
    codes = CodeMapping.objects.filter(scheme=scheme).values_list("code", flat=True)
    if codes:
        return f"{shown(scheme)} has no code {shown(code)} that we know.{did_you_mean(code, codes)}"
    schemes = sorted(set(CodeMapping.objects.values_list("scheme", flat=True)))
    return f"No code_scheme goes by {shown(scheme)}.{advice(scheme, schemes)}"
