"""Who promised what to whom and what became of it: offers and shipments added up, never twice and never netted out.

    pictures, plans, findings ─ reading, gathering ─> Told, one a subject
    Told ─ summing ─> Flow, one a donor and recipient: each rung, silence, who is in doubt

What counts at each rung and why: docs/decisions/0013-what-a-flow-counts.md.
"""
